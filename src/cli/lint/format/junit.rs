//! Test results: a suite a rule with a failing case a finding, and a passing case a scanned file, so that "no tests"
//! can be told from "no findings".

use std::collections::{BTreeMap, BTreeSet};

use super::write::Report;
use crate::lint::finding::Finding;

/// The report.
pub fn render(report: &Report<'_>) -> String {
    let outcome = &report.judged.outcome;
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    let mut failing: BTreeSet<&str> = BTreeSet::new();
    for finding in report.open() {
        suites.entry(finding.rule.id).or_default().push(finding);
        failing.insert(&finding.place.path);
    }
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"waxwing lint\">\n",
    );
    for (rule, findings) in &suites {
        let count = findings.len();
        text.push_str(&format!(
            "  <testsuite name=\"{rule}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\">\n"
        ));
        for finding in findings {
            let place = &finding.place;
            let object = finding
                .object
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            text.push_str(&format!(
                "    <testcase classname=\"{rule}\" name=\"{}#{}\">\n      <failure type=\"{}\" message=\"{}\">{}:{}: {}</failure>\n    </testcase>\n",
                escape(&place.path),
                escape(&format!("{object} {}", finding.field)),
                finding.severity,
                escape(&finding.message),
                escape(&place.path),
                place.line,
                escape(&finding.remedy),
            ));
        }
        text.push_str("  </testsuite>\n");
    }
    let count = outcome.unscanned.len();
    if count > 0 {
        text.push_str(&format!(
            "  <testsuite name=\"O602\" tests=\"{count}\" failures=\"0\" errors=\"{count}\">\n"
        ));
        for one in &outcome.unscanned {
            text.push_str(&format!(
                "    <testcase classname=\"O602\" name=\"{}\">\n      <error type=\"unscanned\" message=\"{}\"/>\n    </testcase>\n",
                escape(&one.path),
                escape(&one.reason)
            ));
        }
        text.push_str("  </testsuite>\n");
    }
    let clean: Vec<(&String, &usize)> = outcome
        .objects
        .iter()
        .filter(|(path, _)| !failing.contains(path.as_str()))
        .collect();
    text.push_str(&format!(
        "  <testsuite name=\"clean\" tests=\"{}\" failures=\"0\" errors=\"0\">\n",
        clean.len()
    ));
    for (path, objects) in clean {
        let name = escape(path);
        text.push_str(&format!(
            "    <testcase classname=\"clean\" name=\"{name} ({objects} objects)\"/>\n"
        ));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
