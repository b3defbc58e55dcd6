//! A seeded repository of several teams, with each defect and its near miss planted thirty times.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use waxwing::object::yaml;

use super::{
    plants::PLANTS,
    program::lint,
    tokens::{Noise, expand},
};

/// How many of each.
const EACH: usize = 30;
/// Rules of the configuration itself and of the history, which have tests of their own.
const ELSEWHERE: &[&str] = &["K505", "P112"];

/// The files of a plant.
fn files(template: &str, number: usize, noise: &mut Noise) -> Vec<(String, String)> {
    let text = template
        .replace(
            "@n",
            &format!("app-{}", noise.letters(6, "abcdefghijklmnopqrstuvwxyz")),
        )
        .replace(
            "@s",
            &format!("ns-{}", noise.letters(4, "abcdefghijklmnopqrstuvwxyz")),
        )
        .replace(
            "@w",
            &format!("q{}7", noise.letters(9, "abcdefghkmnprstuvwxyz23456789")),
        )
        .replace("@i", &(number + 1000).to_string());
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(name) => files.push((name.trim().to_owned(), String::new())),
            None => {
                if files.is_empty() {
                    files.push((String::new(), String::new()));
                }
                files.last_mut().unwrap().1.push_str(line);
            }
        }
    }
    files
        .into_iter()
        .map(|(name, text)| {
            let text = expand(&text);
            if name.is_empty() {
                varied(&text, number)
            } else {
                (name, text)
            }
        })
        .collect()
}

/// One object in one of several ways that people write it.
fn varied(text: &str, number: usize) -> (String, String) {
    let clean =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: neighbour\ndata:\n  mode: fast\n";
    let value = yaml::read(text.as_bytes(), &yaml::ReadOptions::default())
        .unwrap()
        .remove(0)
        .value;
    let block = yaml::write(&value);
    match number % 6 {
        0 => ("a.yaml".to_owned(), text.to_owned()),
        1 => ("a.yml".to_owned(), block),
        2 => (
            "a.json".to_owned(),
            serde_json::to_string_pretty(&value).unwrap(),
        ),
        3 => (
            "a.yaml".to_owned(),
            format!("{clean}---\n# a comment\n{block}---\n{clean}"),
        ),
        4 => {
            let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [value]});
            ("a.yaml".to_owned(), yaml::write(&list))
        }
        _ => (
            "deep/er/a.yaml".to_owned(),
            format!("# {}\n\n{block}", "x".repeat(200)),
        ),
    }
}

fn plant(root: &Path) -> BTreeMap<String, (String, bool)> {
    let mut noise = Noise::new(1_204_881);
    let mut planted = BTreeMap::new();
    for number in 0..EACH {
        for (rule, defect, near) in PLANTS {
            for (template, is_defect) in [(defect, true), (near, false)] {
                let word = if is_defect { "bad" } else { "near" };
                let folder = format!(
                    "teams/team-{}/{word}-{}-{number}",
                    noise.draw() % 5,
                    rule.to_lowercase()
                );
                for (name, text) in files(template, number, &mut noise) {
                    let whole = root.join(&folder).join(name);
                    fs::create_dir_all(whole.parent().unwrap()).unwrap();
                    fs::write(whole, text).unwrap();
                }
                planted.insert(folder, ((*rule).to_owned(), is_defect));
            }
        }
    }
    planted
}

#[test]
fn every_planted_defect_is_found_and_no_near_miss() {
    let root = tempfile::tempdir().unwrap();
    let planted = plant(root.path());
    let mut config = String::from(
        "rules: {R403: info}\ncertificates:\n- {environment: prod, file: c/prod.pem, paths: ['**/for-prod']}\n",
    );
    for number in 0..EACH {
        // Pairs of clusters with one certificate, and one cluster that is named twice.
        for environment in [format!("bad-{number}-a"), format!("bad-{number}-b")] {
            config.push_str(&format!(
                "- {{environment: {environment}, file: c/p{number}.pem, paths: [none]}}\n"
            ));
        }
    }
    fs::create_dir_all(root.path().join("c")).unwrap();
    fs::write(root.path().join("c/prod.pem"), expand("%CERT:4096%")).unwrap();
    for number in 0..EACH {
        fs::write(
            root.path().join(format!("c/p{number}.pem")),
            expand("%CERT:3072%"),
        )
        .unwrap();
    }
    fs::write(root.path().join(".waxwing-lint.yaml"), config).unwrap();
    let said = lint(root.path(), &["--format", "json", "--now", "2027-01-01"]);
    assert_eq!(said.code, 3, "{}", said.err);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    let mut fired: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut environments = 0;
    let all = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .chain(value["scan"]["unscanned"].as_array().unwrap());
    for one in all {
        let path = one["location"]["path"]
            .as_str()
            .or(one["path"].as_str())
            .unwrap();
        let folder: Vec<&str> = path.split('/').take(3).collect();
        let rule = one["ruleId"].as_str().unwrap();
        environments += usize::from(rule == "K505");
        *fired
            .entry((folder.join("/"), rule.to_owned()))
            .or_default() += 1;
    }
    let mut wrong = Vec::new();
    for (folder, (rule, is_defect)) in &planted {
        let is_found = fired.contains_key(&(folder.clone(), rule.clone()));
        if is_found != *is_defect {
            wrong.push(format!(
                "{folder}: {}",
                if *is_defect { "not found" } else { "not quiet" }
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(
        environments,
        2 * EACH - 1,
        "each certificate that another cluster has before it"
    );
    assert!(!said.out.contains("bad-none"));
}

#[test]
fn no_rule_is_forgotten() {
    let names: Vec<&str> = PLANTS
        .iter()
        .map(|(rule, ..)| *rule)
        .chain(ELSEWHERE.iter().copied())
        .collect();
    for rule in waxwing::lint::rules::ALL {
        assert!(names.contains(&rule.id), "{} is planted nowhere", rule.id);
    }
}
