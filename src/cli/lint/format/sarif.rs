//! SARIF 2.1.0: rules with their documentation, results with regions; no snippet and no address of anybody.

use serde_json::{Value, json};

use super::write::Report;
use crate::lint::{
    finding::{Confidence, Finding, Severity},
    rule::Rule,
    rules::ALL,
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const ADDRESS: &str = "https://github.com/waxwing/waxwing";

/// The report.
pub fn render(report: &Report<'_>) -> String {
    let outcome = &report.judged.outcome;
    let notifications: Vec<Value> = outcome
        .unscanned
        .iter()
        .map(|one| {
            json!({
                "level": "error",
                "descriptor": {"id": "O602"},
                "message": {"text": format!("not scanned: {}", one.reason)},
                "locations": [{"physicalLocation": {"artifactLocation": artifact(&one.path),
                    "region": {"startLine": one.line.max(1)}}}],
            })
        })
        .collect();
    let is_complete = outcome.unscanned.is_empty();
    let value = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "waxwing lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": ADDRESS,
                "rules": ALL.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the root of the repository"}}},
            "results": outcome.findings.iter().map(result).collect::<Vec<_>>(),
            "invocations": [{
                "executionSuccessful": is_complete,
                "exitCode": exit_code(report),
                "toolExecutionNotifications": notifications,
            }],
        }],
    });
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn exit_code(report: &Report<'_>) -> i32 {
    let least = report
        .settings
        .fail_on
        .unwrap_or(report.judged.config.fail_on);
    let outcome = &report.judged.outcome;
    if !outcome.unscanned.is_empty() {
        3
    } else {
        i32::from(outcome.findings.iter().any(|finding| finding.counts(least)))
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(rule: &Rule) -> Value {
    let (what, why, instead) = (rule.part("What:"), rule.part("Why:"), rule.part("Instead:"));
    // The number that code scanning sorts by, of ten.
    let number = match rule.severity {
        Severity::Error => "8.0",
        Severity::Warning => "5.0",
        Severity::Info => "2.0",
    };
    json!({
        "id": rule.id,
        "name": rule.title(),
        "shortDescription": {"text": rule.title()},
        "fullDescription": {"text": format!("{what} {why}")},
        "help": {"text": instead, "markdown": format!("{what}\n\n**Why:** {why}\n\n**Instead:** {instead}")},
        "helpUri": format!("{ADDRESS}/blob/main/docs/rules.md#{}", rule.id.to_lowercase()),
        "defaultConfiguration": {"level": level(rule.severity), "enabled": !rule.is_opt_in},
        "properties": {"security-severity": number, "precision": "high", "tags": ["security", "secrets", "gitops"]},
    })
}

fn artifact(path: &str) -> Value {
    let uri: String = path
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
}

fn result(finding: &Finding) -> Value {
    let place = &finding.place;
    let index = ALL.iter().position(|rule| rule.id == finding.rule.id);
    let mut region = json!({"startLine": place.line.max(1), "startColumn": place.column.max(1)});
    if let Some(map) = region.as_object_mut()
        && (place.end_line, place.end_column) > (place.line, place.column)
    {
        map.insert("endLine".to_owned(), place.end_line.into());
        map.insert("endColumn".to_owned(), place.end_column.into());
    }
    let mut value = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": format!("{}. {}", finding.message, finding.remedy)},
        "locations": [{"physicalLocation": {"artifactLocation": artifact(&place.path), "region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint()},
        "rank": match finding.confidence {
            Confidence::Proved => 100.0,
            Confidence::Likely => 75.0,
            Confidence::Possible => 40.0,
        },
    });
    if let Some(map) = value.as_object_mut() {
        if let (Some(object), Some(location)) = (
            &finding.object,
            map.get_mut("locations")
                .and_then(|list| list.get_mut(0))
                .and_then(Value::as_object_mut),
        ) {
            let name = format!("{object} {}", finding.field);
            location.insert(
                "logicalLocations".to_owned(),
                json!([{"fullyQualifiedName": name.trim(), "kind": "object"}]),
            );
        }
        let mut suppressions = Vec::new();
        if let Some(own) = &finding.suppressed {
            suppressions.push(json!({"kind": "inSource", "justification": own.reason}));
        }
        if finding.in_baseline {
            suppressions.push(json!({"kind": "external", "justification": "known before"}));
        }
        if !suppressions.is_empty() {
            map.insert("suppressions".to_owned(), suppressions.into());
        }
    }
    value
}
