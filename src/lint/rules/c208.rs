//! C208: a SealedSecret uses the deprecated form.

use crate::lint::{
    document::{Item, entries},
    finding::Severity,
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// A SealedSecret uses the deprecated form.
    ///
    /// What: `spec.data`, the whole Secret as one ciphertext; an error beside `encryptedData`, since then it is not
    /// opened.
    ///
    /// Why: controllers refuse the form unless a flag allows it.
    ///
    /// Instead: seal the Secret anew.
    "C208", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret")
        || item
            .value
            .pointer("/spec/data")
            .is_none_or(serde_json::Value::is_null)
    {
        return;
    }
    let is_both = entries(item.value.pointer("/spec/encryptedData"))
        .next()
        .is_some();
    if is_both {
        let message = format!(
            "{} has spec.data beside spec.encryptedData, and is not opened",
            item.id
        );
        report
            .at(item, "/spec/data", message)
            .severity(Severity::Error);
    } else {
        report.at(
            item,
            "/spec/data",
            format!("{} has the deprecated spec.data", item.id),
        );
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {data: %sealed%}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {data: %sealed%, encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a}, spec: {data: AgBy}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {data: %sealed%, template: {type: Opaque}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a}, spec: {data: AgBy}}]}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {data: %sealed:256:9:1%, encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {data: ''}}",
    "a: 1\n---\n{%SS%, metadata: {name: z, namespace: b}, spec: {data: %sealed%}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:384:1:2%, b: %sealed:512:100:3%}}}",
    "{%S%, stringData: {pw: hunter2}}",
    "{%CM%, data: {a: AgBy}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {data: null, encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {data: %sealed%}}}",
];
