//! K501: a sealing key in the repository.

use super::plain;
use crate::{
    api::{certificate::Fingerprint, sealed_secret::KEY_LABEL},
    lint::{
        document::{Item, entries},
        report::Report,
        rule::{Check, rule},
        text::Text,
        value,
    },
};

rule! {
    /// The private key of the cluster is in the repository.
    ///
    /// What: a Secret with the label of sealing keys, a TLS Secret whose certificate looks like that of a controller, and
    /// a private key in PEM that belongs to a certificate of the configuration.
    ///
    /// Why: it opens every value that was ever sealed for the cluster, in every commit, for everybody.
    ///
    /// Instead: make a new key at once, re-encrypt everything, change every value, and keep backups encrypted and
    /// elsewhere.
    "K501", Error, [Check::Item(check), Check::Text(text)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("", "Secret") {
        return;
    }
    let key = ["/data/tls.key", "/stringData/tls.key"]
        .into_iter()
        .find(|pointer| {
            let map = if pointer.starts_with("/data") {
                "data"
            } else {
                "stringData"
            };
            item.value
                .pointer(pointer)
                .is_some_and(|value| plain::is_plain(map, value))
        });
    let Some(key) = key else { return };
    let is_labelled =
        entries(item.value.pointer("/metadata/labels")).any(|(name, _)| name == KEY_LABEL);
    let is_named = item.id.name.starts_with("sealed-secrets-key");
    let certificate = item
        .text("/data/tls.crt")
        .and_then(value::decoded)
        .or_else(|| item.text("/stringData/tls.crt").map(str::to_owned));
    let looks_like = certificate
        .and_then(|pem| crate::lint::certificate::Facts::read(pem.as_bytes()).ok())
        .is_some_and(|facts| facts.looks_like_sealing);
    if is_labelled || is_named || looks_like {
        report.at(item, key, format!("{} is a sealing key", item.id));
    }
}

/// Private keys whose public half is that of a known certificate.
fn text(text: &Text<'_>, report: &mut Report<'_>) {
    if report.around.certificates.is_empty() || !text.text.contains("PRIVATE KEY-----") {
        return;
    }
    for (start, _) in text.text.match_indices("-----BEGIN ") {
        let rest = text.text.get(start..).unwrap_or_default();
        let Some(end) = rest
            .find("-----END ")
            .and_then(|end| Some(end + rest.get(end..)?.lines().next()?.len()))
        else {
            continue;
        };
        let block: String = rest
            .get(..end)
            .unwrap_or_default()
            .lines()
            .map(|line| line.trim().to_owned() + "\n")
            .collect();
        let Some(fingerprint) = public_half(&crate::secret::Hidden::new(block)) else {
            continue;
        };
        let known = report
            .around
            .certificates
            .iter()
            .find(|one| one.facts.facts.fingerprint == fingerprint);
        if let Some(known) = known {
            let message = format!(
                "the private key of the certificate of {}",
                known.file.environment
            );
            report.in_text(text, start, start + end, "sealing key", message);
        }
    }
}

fn public_half(pem: &crate::secret::Hidden<String>) -> Option<Fingerprint> {
    use rsa::{pkcs1::DecodeRsaPrivateKey, pkcs8::DecodePrivateKey, traits::PublicKeyParts};
    let pem = pem.expose();
    let key = rsa::RsaPrivateKey::from_pkcs1_pem(pem)
        .ok()
        .or_else(|| rsa::RsaPrivateKey::from_pkcs8_pem(pem).ok())?;
    Some(Fingerprint::of_rsa(
        &key.e().to_bytes_be(),
        &key.n().to_bytes_be(),
    ))
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%S%, metadata: {name: a, labels: {%sb%/sealed-secrets-key: active}}, type: kubernetes.io/tls, data: {tls.crt: eA==, tls.key: %b64:abc%}}",
    "{%S%, metadata: {name: sealed-secrets-keyabc12}, data: {tls.key: %b64:abc%}}",
    "{%S%, metadata: {name: backup}, type: kubernetes.io/tls, data: {tls.crt: %b64cert%, tls.key: %b64:abc%}}",
    "{apiVersion: v1, kind: List, items: [{%S%, metadata: {name: a, labels: {%sb%/sealed-secrets-key: active}}, data: {tls.key: %b64pem:RSA PRIVATE KEY%}}]}",
    "{%S%, metadata: {name: a, labels: {%sb%/sealed-secrets-key: compromised}}, stringData: {tls.key: abc}}",
    "{%S%, metadata: {name: a}, stringData: {tls.crt: \"%cert%\", tls.key: abc}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT%\n=== key.pem\n%KEY%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT%\n=== notes.md\nkept here:\n\n%KEY%\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%S%, metadata: {name: a, labels: {%sb%/sealed-secrets-key: active}}, data: {tls.key: ''}}",
    "{%S%, metadata: {name: web-tls}, type: kubernetes.io/tls, data: {tls.crt: eA==, tls.key: %b64:abc%}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {tls.key: %sealed%}}}",
    "{%CM%, metadata: {labels: {%sb%/sealed-secrets-key: active}}}",
    "{%S%, metadata: {name: a}, data: {tls.crt: %b64cert%}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT%\n=== key.pem\n%KEY2%\n",
    "=== key.pem\n%KEY%\n",
];
