//! C202: a sealed value has lengths that no sealed value has.

use super::sealed_items::each;
use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
    sealed::Sealed,
};

rule! {
    /// A sealed value has lengths that no sealed value has.
    ///
    /// What: a value of `encryptedData` whose first two bytes give no length of an RSA key, or that is shorter than
    /// its own parts.
    ///
    /// Why: it was cut when it was copied, or it was never sealed; the controller cannot open it.
    ///
    /// Instead: copy the whole value, or seal it anew.
    "C202", Error, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    each(item, |key, pointer, judged| {
        if let Sealed::Impossible(why) = judged {
            report.at(
                item,
                pointer,
                format!("sealed value {key:?} of {} cannot be one: {why}", item.id),
            );
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: AgBy}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: AgBy3i4OJSWK}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %cut:512:12:400%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %cut:256:12:272%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %cut:384:0:401%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: password}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed%, b: AQBy3i4O}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: //79/A==}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:384:1:2%, b: %sealed:512:100:3%}}}",
    "{%S%, stringData: {pw: hunter2}}",
    "{%CM%, data: {a: AgBy}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: aHVudGVyMg==}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: CHANGEME}}}",
];
