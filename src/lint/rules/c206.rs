//! C206: a sealed value is empty.

use super::sealed_items::layouts;
use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// A sealed value is empty.
    ///
    /// What: a value of `encryptedData` whose plain value has no bytes; the length of a plain value is public.
    ///
    /// Why: an empty secret is seldom meant: often a variable was unset when it was sealed.
    ///
    /// Instead: seal the value that is meant, or remove the key.
    "C206", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    for (key, pointer, layout) in layouts(item) {
        if layout.plain_bytes == 0 {
            report.at(
                item,
                &pointer,
                format!("sealed value {key:?} of {} is sealed from nothing", item.id),
            );
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:0:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:384:0:2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:512:0:3%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:512:0:4%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:0:5%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:1024:0:6%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed%, b: %sealed:512:0:9%}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:512:0:8%}}}]}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:384:1:2%, b: %sealed:512:100:3%}}}",
    "{%S%, stringData: {pw: hunter2}}",
    "{%CM%, data: {a: AgBy}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:1:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: AgBy}}}",
];
