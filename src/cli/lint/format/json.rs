//! For programs: everything that is known, in a stable order.

use serde_json::{Value, json};

use super::write::Report;
use crate::lint::{finding::Finding, rules::ALL};

/// The report.
pub fn render(report: &Report<'_>) -> String {
    let outcome = &report.judged.outcome;
    let mut by_rule = serde_json::Map::new();
    let mut by_severity = serde_json::Map::new();
    for finding in report.open() {
        for (map, key) in [
            (&mut by_rule, finding.rule.id),
            (&mut by_severity, finding.severity.as_str()),
        ] {
            let count = map.get(key).and_then(Value::as_u64).unwrap_or_default();
            map.insert(key.to_owned(), (count + 1).into());
        }
    }
    let unscanned: Vec<Value> = outcome
        .unscanned
        .iter()
        .map(|one| json!({"ruleId": "O602", "path": one.path, "line": one.line, "reason": one.reason}))
        .collect();
    let value = json!({
        "schemaVersion": 1,
        "tool": {"name": "waxwing lint", "version": env!("CARGO_PKG_VERSION"), "ruleSetHash": rule_set_hash()},
        "scan": {
            "mode": report.settings.mode.word(),
            "root": report.judged.root.display().to_string(),
            "head": report.judged.head,
            "filesScanned": outcome.files,
            "bytes": outcome.bytes,
            "durationMs": u64::try_from(report.judged.took.as_millis()).unwrap_or(u64::MAX),
            "unscanned": unscanned,
        },
        "findings": outcome.findings.iter().map(finding).collect::<Vec<_>>(),
        "summary": {"byRule": by_rule, "bySeverity": by_severity},
        "staleBaseline": report.stale,
    });
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// A finding as an object.
pub fn finding(finding: &Finding) -> Value {
    let place = &finding.place;
    let overlay = finding.overlay.as_ref();
    json!({
        "ruleId": finding.rule.id,
        "severity": finding.severity.as_str(),
        "confidence": finding.confidence.as_str(),
        "message": finding.message,
        "remediation": finding.remedy,
        "excerpt": finding.excerpt,
        "location": {"path": place.path, "startLine": place.line, "startColumn": place.column,
            "endLine": place.end_line, "endColumn": place.end_column},
        "object": finding.object.as_ref().map(|object| json!({"apiVersion": object.api_version, "kind": object.kind,
            "namespace": object.namespace, "name": object.name})),
        "fieldPath": finding.field,
        "render": overlay.map(|overlay| json!({"overlay": overlay, "chain": [overlay, place.path]})),
        "commit": finding.seen.as_ref().map(|seen| json!({"sha": seen.first, "date": seen.first_date, "last": seen.last})),
        "fingerprint": finding.fingerprint(),
        "baseline": finding.in_baseline,
        "suppressed": finding.suppressed.as_ref().map(|own| json!({"reason": own.reason,
            "until": own.until.map(|date| date.to_string())})),
    })
}

/// A hash of all rules: their ids, severities and documentation, and the version of the program.
pub fn rule_set_hash() -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION").as_bytes());
    for rule in ALL {
        hash.update(rule.id.as_bytes());
        hash.update(rule.severity.as_str().as_bytes());
        hash.update(rule.doc.as_bytes());
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
