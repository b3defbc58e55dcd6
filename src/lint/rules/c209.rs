//! C209: the values of one SealedSecret are sealed for keys of different lengths.

use super::sealed_items::layouts;
use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// The values of one SealedSecret are sealed for keys of different lengths.
    ///
    /// What: values of one `encryptedData` whose RSA blocks have different lengths.
    ///
    /// Why: they were sealed for different keys, so at least one of the keys is old or of another cluster.
    ///
    /// Instead: seal all values for the newest certificate (`kubeseal --re-encrypt`).
    "C209", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    let layouts = layouts(item);
    let most = layouts.iter().map(|(.., layout)| layout.rsa_bytes).max();
    for (key, pointer, layout) in &layouts {
        if Some(layout.rsa_bytes) != most {
            let message = format!(
                "sealed value {key:?} of {} is for a key of {} bits, others are for one of {}",
                item.id,
                layout.rsa_bytes * 8,
                most.unwrap_or_default() * 8
            );
            report.at(item, pointer, message);
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:256:5:1%, b: %sealed:512:5:2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:384:5:1%, b: %sealed:512:5:2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:256:5:1%, b: %sealed:384:5:2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:512:5:1%, b: %sealed:1024:5:2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:512:5:1%, b: %sealed:256:5:2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:640:5:1%, b: %sealed:768:5:2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:512:5:1%, b: %sealed:512:5:2%, c: %sealed:256:5:3%}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:256:5:1%, b: %sealed:512:5:2%}}}]}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:384:1:2%, b: %sealed:384:100:3%}}}",
    "{%S%, stringData: {pw: hunter2}}",
    "{%CM%, data: {a: AgBy}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:512:5:1%, b: AgBy}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed:256:5:1%, b: CHANGEME}}}",
];
