//! C205: a sealed value is not random.

use super::sealed_items::layouts;
use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// A sealed value is not random.
    ///
    /// What: a value of `encryptedData` of the right lengths in which bytes or sequences are repeated, or readable
    /// text stands; a sealed value looks so less than once in a million.
    ///
    /// Why: it was edited by hand or damaged; the controller cannot open it.
    ///
    /// Instead: seal the value anew.
    "C205", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    for (key, pointer, layout) in layouts(item) {
        if let Some(why) = layout.oddity() {
            report.at(
                item,
                &pointer,
                format!("sealed value {key:?} of {} is not random: {why}", item.id),
            );
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %odd:zero%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %odd:text%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %odd:repeat%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed%, b: %odd:zero%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %odd:zero256%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %odd:text256%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %odd:repeat256%}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %odd:text%}}}]}",
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
