//! C201: a sealed value is not base64.

use super::sealed_items::each;
use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
    sealed::Sealed,
};

rule! {
    /// A sealed value is not base64.
    ///
    /// What: a value of `encryptedData` that is not strict standard base64; line feeds are allowed, spaces are not.
    ///
    /// Why: the controller cannot decode it. The usual cause is a folded text (`>`), which puts spaces where lines
    /// end.
    ///
    /// Instead: write the value on one line, or seal it anew.
    "C201", Error, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    each(item, |key, pointer, judged| {
        if let Sealed::NotBase64 { at, has_spaces } = judged {
            let why = if has_spaces {
                "it has spaces in it"
            } else {
                "a character is not of the alphabet, or padding is missing"
            };
            report.at(
                item,
                pointer,
                format!(
                    "sealed value {key:?} of {} is not base64 from byte {at} on: {why}",
                    item.id
                ),
            );
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: AgBy3i4O.....}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: 'AgBy 3i4O'}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: AgB}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: 'hunter-2'}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%x}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: 12}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: [a]}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%, b: 'a b c d'}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:384:1:2%, b: %sealed:512:100:3%}}}",
    "{%S%, stringData: {pw: hunter2}}",
    "{%CM%, data: {a: AgBy}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: CHANGEME}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: aHVudGVyMg==}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: \"%sealed%\\n\"}}}",
];
