//! C203: a sealed value is encoded, not encrypted.

use super::sealed_items::each;
use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
    sealed::Sealed,
};

rule! {
    /// A sealed value is encoded, not encrypted.
    ///
    /// What: a value of `encryptedData` that is base64 of readable text, of PEM or of JSON.
    ///
    /// Why: base64 is no encryption: the value is in plain for everybody who decodes it, and the controller cannot
    /// open it.
    ///
    /// Instead: seal the value, and change it if the file was ever pushed.
    "C203", Error, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    each(item, |key, pointer, judged| {
        if let Sealed::Readable(what) = judged {
            report.at(
                item,
                pointer,
                format!(
                    "sealed value {key:?} of {} is {what} in base64, not encrypted",
                    item.id
                ),
            );
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: cGFzc3dvcmQ=}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %b64:hunter2%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %b64pem:RSA PRIVATE KEY%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: eyJhIjogMX0=}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %b64cert%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %sealed%, b: %b64:two words%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %b64:x%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %b64:pässword%}}}",
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
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: CHANGEME}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: 'not base64'}}}",
];
