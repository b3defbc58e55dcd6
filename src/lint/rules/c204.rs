//! C204: a sealed slot holds a placeholder.

use super::sealed_items::each;
use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
    sealed::Sealed,
};

rule! {
    /// A sealed slot holds a placeholder.
    ///
    /// What: a value of `encryptedData` that is empty or a word for a value to come.
    ///
    /// Why: the SealedSecret cannot be opened as a whole: no Secret comes of it.
    ///
    /// Instead: seal the value into the slot (`kubeseal --merge-into`), or remove the key.
    "C204", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    each(item, |key, pointer, judged| {
        if judged == Sealed::Placeholder {
            report.at(
                item,
                pointer,
                format!("sealed value {key:?} of {} is a placeholder", item.id),
            );
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: CHANGEME}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: '<sealed>'}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: ''}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: '{{ .Values.pw }}'}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: '${PW}'}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed%, b: TODO}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: null}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: replace-me}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:384:1:2%, b: %sealed:512:100:3%}}}",
    "{%S%, stringData: {pw: hunter2}}",
    "{%CM%, data: {a: AgBy}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: AgBy}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: aHVudGVyMg==}}}",
];
