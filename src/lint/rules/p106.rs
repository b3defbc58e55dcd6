//! P106: the last applied configuration of a Secret.

use serde_json::Value;

use super::plain;
use crate::lint::{
    document::{Item, entries, word},
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// An annotation carries a copy of a plain Secret.
    ///
    /// What: `last-applied-configuration` of kubectl or kubecfg with the data of a Secret, on a Secret, on a SealedSecret
    /// or in its template.
    ///
    /// Why: `kubectl get -o yaml` of a Secret that was once applied has its values in this annotation, and sealing what
    /// it printed keeps the annotation in plain beside the ciphertext.
    ///
    /// Instead: remove the annotation (`waxwing lint --fix` does it in templates), and change the values, since they
    /// were in Git.
    "P106", Error, [Check::Item(check)]
}

/// The annotations that hold a copy.
pub const ANNOTATIONS: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
];

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    for metadata in ["/metadata", "/spec/template/metadata"] {
        for (name, value) in item.annotations(metadata) {
            if ANNOTATIONS.contains(&name) && value.as_str().is_some_and(holds_secret) {
                let pointer = format!("{metadata}/annotations/{}", word(name));
                report.at(
                    item,
                    &pointer,
                    format!("annotation {name} of {} holds a plain Secret", item.id),
                );
            }
        }
    }
}

/// Whether a text is a Secret with a value.
pub fn holds_secret(text: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        // Cut or damaged, it is as bad.
        return text.contains("\"stringData\"")
            || (text.contains("\"Secret\"") && text.contains("\"data\""));
    };
    value.get("kind").and_then(Value::as_str) == Some("Secret")
        && ["data", "stringData"]
            .iter()
            .any(|map| entries(value.get(*map)).any(|(_, value)| plain::is_plain(map, value)))
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%S%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"stringData\":{\"pw\":\"hunter2\"}}'}}}",
    "{%S%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"data\":{\"pw\":\"aHVudGVyMg==\"}}'}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%kubectl%: '{\"kind\":\"Secret\",\"stringData\":{\"pw\":\"abc\"}}'}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"data\":{\"pw\":\"YWJj\"}}'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%kubecfg%: '{\"kind\":\"Secret\",\"data\":{\"pw\":\"YWJj\"}}'}}}}}",
    "{%S%, metadata: {annotations: {%kubecfg%: '{\"kind\":\"Secret\",\"data\":{\"a\":\"\",\"pw\":\"YWJj\"}}'}}}",
    "{apiVersion: v1, kind: List, items: [{%S%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"stringData\":{\"pw\":\"hunter2\"}}'}}}]}",
    "{%S%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"stringData\":{\"pw\":\"hunt'}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%S%, metadata: {annotations: {a: b}}}",
    "{%S%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"metadata\":{}}'}}}",
    "{%S%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"data\":{\"pw\":\"\"}}'}}}",
    "{%CM%, metadata: {annotations: {%kubectl%: '{\"kind\":\"ConfigMap\",\"data\":{\"pw\":\"a\"}}'}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%kubectl%: '{\"kind\":\"SealedSecret\",\"spec\":{\"encryptedData\":{\"a\":\"AgB\"}}}'}}}",
    "{%S%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Secret\",\"stringData\":{\"pw\":\"CHANGEME\"}}'}}}",
    "{%D%, metadata: {annotations: {%kubectl%: '{\"kind\":\"Deployment\"}'}}}",
    "{%S%, metadata: {annotations: {other/last-applied: '{\"kind\":\"Secret\",\"stringData\":{\"pw\":\"\"}}'}}}",
];
