//! Annotations of GitHub Actions: at most ten of a severity, which is what is shown, and a sum.

use std::collections::BTreeMap;

use super::write::Report;
use crate::lint::finding::Severity;

/// The most annotations of a severity that a step shows.
const MOST: usize = 10;

/// The report.
pub fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &report.judged.outcome.unscanned {
        let count = counts.entry("error").or_default();
        *count += 1;
        if *count <= MOST {
            let line = one.line.max(1);
            text.push_str(&format!(
                "::error file={},line={line},title=O602::{}\n",
                property(&one.path),
                data(&format!("not scanned: {}", one.reason))
            ));
        }
    }
    for finding in report.open() {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let count = counts.entry(level).or_default();
        *count += 1;
        if *count <= MOST {
            let place = &finding.place;
            text.push_str(&format!(
                "::{level} file={},line={},endLine={},title={}::{}\n",
                property(&place.path),
                place.line.max(1),
                place.end_line.max(place.line).max(1),
                finding.rule.id,
                data(&format!("{}. {}", finding.message, finding.remedy)),
            ));
        }
    }
    for (level, count) in &counts {
        if *count > MOST {
            text.push_str(&format!(
                "::{level} title=waxwing lint::{} more of this severity are not shown\n",
                count - MOST
            ));
        }
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
