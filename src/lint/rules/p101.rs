//! P101: a plain Secret.

use super::plain;
use crate::lint::{
    document::{Item, entries, word},
    report::Report,
    rule::{Check, rule},
    set::Set,
};

rule! {
    /// A Secret carries values in plain.
    ///
    /// What: a `v1` Secret with a value in `data` or `stringData`, in YAML or JSON, as a document, in a `List`, in a
    /// template, or in the text of a ConfigMap. Empty values, placeholders, values encrypted by SOPS, certificates and
    /// public keys are left alone.
    ///
    /// Why: base64 is no encryption. Whoever reads the repository, a copy of it or its history has the value for good.
    ///
    /// Instead: seal it with `waxwing lint --fix --seal CERT` or `kubeseal`, commit the SealedSecret only, and change
    /// the value if the file was ever pushed.
    "P101", Error, [Check::Item(check), Check::Set(rendered)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("", "Secret") || item.pointer.contains("last-applied-configuration") {
        return;
    }
    for map in ["data", "stringData"] {
        for (key, value) in entries(item.value.get(map)) {
            if plain::is_plain(map, value) {
                let message = format!("key {key:?} of {} is not encrypted", item.id);
                report.at(item, &format!("/{map}/{}", word(key)), message);
            }
        }
    }
}

/// Secrets that get their values on the way: the source has none, the rendering has.
fn rendered(set: &Set, report: &mut Report<'_>) {
    for fact in set
        .facts
        .iter()
        .filter(|fact| set.is_rendered && fact.has_plain_values && fact.was_without_values)
    {
        let message = format!("{} gets values in plain in {}", fact.id, set.overlay);
        report.of_fact(fact, "", message).overlay = set.overlay();
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%S%, metadata: {name: a}, stringData: {pw: hunter2}}",
    "{%S%, metadata: {name: a}, data: {pw: %b64:hunter2%}}",
    "{%S%, metadata: {name: a, labels: {a: b, c: d, e: f}}, data: {x: '%b64:a%'}}",
    "=== a.json\n{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"stringData\": {\"pw\": \"x1\"}}",
    "{apiVersion: v1, kind: List, items: [{%CM%}, {%S%, data: {pw: %b64:hunter2%}}]}",
    "a: 1\n---\n{%S%, stringData: {pin: 1234}}",
    "{apiVersion: x/v1, kind: Template, objects: [{raw: {%S%, stringData: {pw: abc}}}]}",
    "{%CM%, data: {f.yaml: \"apiVersion: v1\\nkind: Secret\\nstringData:\\n  pw: hunter2\\n\"}}",
    "{%S%, data: {'tls.key': %b64pem:RSA PRIVATE KEY%, 'tls.crt': eA==}}",
    "{%S%, metadata: {name: a}, data: {ok: '', pw: %b64:hunter2%}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%S%, metadata: {name: a}}",
    "{%S%, stringData: {}}",
    "{%S%, data: {pw: ''}, stringData: {x: null}}",
    "{%S%, stringData: {pw: CHANGEME, b: '<password>', c: '${DB_PASSWORD}'}}",
    "{%S%, data: {pw: %b64:changeme%}}",
    "{%S%, stringData: {pw: 'ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]'}, sops: {version: 3.9.0}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, spec: {data: [{secretKey: pw, remoteRef: {key: x}}]}}",
    "{%S%, data: {ca.crt: %b64cert%}}",
    "{%CM%, data: {pw: hello}}",
    "{apiVersion: example.com/v1, kind: Secret, data: {pw: hello}}",
];
