//! The code quality report of GitLab.

use serde_json::{Value, json};

use super::write::Report;
use crate::lint::finding::{Finding, Severity};

/// The report.
pub fn render(report: &Report<'_>) -> String {
    let mut list: Vec<Value> = report.open().map(finding).collect();
    for one in &report.judged.outcome.unscanned {
        list.push(json!({
            "description": format!("not scanned: {}", one.reason),
            "check_name": "O602",
            "fingerprint": format!("O602:{}:{}", one.path, one.line),
            "severity": "blocker",
            "location": {"path": one.path, "lines": {"begin": one.line.max(1)}},
        }));
    }
    let mut text = serde_json::to_string_pretty(&list).unwrap_or_default();
    text.push('\n');
    text
}

fn finding(finding: &Finding) -> Value {
    json!({
        "description": format!("{}: {}", finding.rule.id, finding.message),
        "check_name": finding.rule.id,
        "fingerprint": finding.fingerprint(),
        "severity": match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            Severity::Info => "info",
        },
        "location": {"path": finding.place.path, "lines": {"begin": finding.place.line.max(1)}},
    })
}
