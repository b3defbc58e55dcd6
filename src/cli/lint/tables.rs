//! The tables of all rules, each case scanned and rendered as a repository of its own.

use super::{input::Input, judge::judge_input, settings::Settings, tokens::expand};
use crate::{
    cli::{CommandLine, lint::Args},
    lint::rules::ALL,
    object::tree::Tree,
};

/// The least cases of each table.
const LEAST: usize = 8;
/// Rules whose tables are stories of whole repositories (tests/it/lint).
const ELSEWHERE: &[&str] = &["P112"];

fn files(text: &str) -> Tree {
    let mut tree = Tree::new();
    let mut name = "a.yaml".to_owned();
    let mut body = String::new();
    for line in expand(text).split_inclusive('\n') {
        if let Some(next) = line.strip_prefix("=== ") {
            if !body.is_empty() {
                tree.insert(&name, body.clone().into_bytes());
            }
            name = next.trim().to_owned();
            body.clear();
        } else {
            body.push_str(line);
        }
    }
    tree.insert(&name, body.into_bytes());
    tree
}

fn settings() -> Settings {
    use clap::Parser;
    let line = CommandLine::try_parse_from(["waxwing", "lint", "--now", "2027-01-01"]).unwrap();
    let crate::cli::Command::Lint(args) = line.command else {
        panic!("lint")
    };
    let args: Args = *args;
    Settings::of(args).unwrap()
}

/// The rules that fire on a case, with what they say.
fn fired(text: &str) -> Vec<String> {
    let judged = match judge_input(&settings(), Input::of_tree(files(text), true)) {
        Ok(judged) => judged,
        Err(failure) => return vec![failure.to_string()],
    };
    let findings = judged.outcome.findings.iter();
    let mut fired: Vec<String> = findings
        .filter(|finding| finding.suppressed.is_none())
        .map(|finding| {
            format!(
                "{} {}:{} {}",
                finding.rule.id, finding.place.path, finding.place.line, finding.message
            )
        })
        .collect();
    fired.extend(
        judged
            .outcome
            .unscanned
            .iter()
            .map(|one| format!("O602 {}:{} {}", one.path, one.line, one.reason)),
    );
    fired
}

#[test]
fn every_rule_finds_its_table_and_leaves_the_other_alone() {
    let mut wrong = Vec::new();
    for rule in ALL {
        for (cases, wants) in [(rule.found, true), (rule.quiet, false)] {
            if cases.len() < LEAST && !ELSEWHERE.contains(&rule.id) {
                wrong.push(format!("{}: only {} cases", rule.id, cases.len()));
            }
            for case in cases {
                let fired = fired(case);
                let own: Vec<&String> = fired
                    .iter()
                    .filter(|one| one.starts_with(rule.id))
                    .collect();
                if own.is_empty() == wants {
                    let word = if wants {
                        "is not found"
                    } else {
                        "is not quiet"
                    };
                    wrong.push(format!("{} {word}: {case:?}\n    {fired:?}", rule.id));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_rule_is_documented_and_in_order() {
    let mut before = "";
    for rule in ALL {
        for part in ["What:", "Why:", "Instead:"] {
            assert!(!rule.part(part).is_empty(), "{} has no {part}", rule.id);
        }
        assert!(rule.title().len() > 5, "{}", rule.id);
        assert_eq!(
            ALL.iter().filter(|other| other.id == rule.id).count(),
            1,
            "{}",
            rule.id
        );
        before = rule.id;
    }
    assert_eq!((ALL.len(), before), (48, "O602"));
}

#[test]
fn the_page_of_rules_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
    #[expect(clippy::disallowed_methods, reason = "a test may use the machine")]
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == super::explain::page(),
        "make it anew: waxwing lint --explain all >docs/rules.md"
    );
}
