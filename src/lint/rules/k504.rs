//! K504: a value is sealed for an old or another certificate.

use std::collections::BTreeMap;

use super::sealed_items::layouts;
use crate::{
    api::sealed_secret::SEALED_WITH,
    lint::{
        config::Certificate,
        document::Item,
        finding::{Confidence, Severity},
        project::Project,
        report::Report,
        rule::{Check, rule},
    },
};

rule! {
    /// A value is sealed for an old or another certificate.
    ///
    /// What: with the certificates of the cluster in the configuration, a sealed value whose RSA block has another
    /// length than the newest certificate's or is a number above its modulus, which proves it (an error); a
    /// SealedSecret that says which other certificate it was sealed for; a file whose last commit is older than the
    /// newest certificate.
    ///
    /// Why: after a renewal of the key, values for the old one open only as long as the old one is kept; values for
    /// another cluster never do.
    ///
    /// Instead: seal the value for the newest certificate (`kubeseal --re-encrypt`).
    "K504", Warning, [Check::Item(check), Check::Project(by_date)]
}

/// The newest certificate of each environment that a file is sealed for.
fn newest<'a>(certificates: &'a [Certificate], path: &str) -> Vec<&'a Certificate> {
    let mut found: BTreeMap<&str, &Certificate> = BTreeMap::new();
    for one in certificates.iter().filter(|one| one.is_for(path)) {
        let newest = found.entry(&one.file.environment).or_insert(one);
        if one.facts.facts.not_before > newest.facts.facts.not_before {
            *newest = one;
        }
    }
    found.into_values().collect()
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if report.around.certificates.is_empty() || !item.is("bitnami.com", "SealedSecret") {
        return;
    }
    let newest = newest(report.around.certificates, item.document.text.path);
    if newest.is_empty() {
        return;
    }
    let names: Vec<&str> = newest
        .iter()
        .map(|one| one.file.environment.as_str())
        .collect();
    let names = names.join(" nor ");
    let layouts = layouts(item);
    let mut is_proved = false;
    for (key, pointer, layout) in &layouts {
        if newest.iter().all(|one| one.facts.excludes(layout.block())) {
            is_proved = true;
            let has_length = newest
                .iter()
                .any(|one| one.facts.rsa_bytes() == layout.rsa_bytes);
            let why = if has_length {
                "its number is above the modulus"
            } else {
                "its length is that of another key"
            };
            let message = format!(
                "sealed value {key:?} of {} is surely not for the newest certificate of {names}: {why}",
                item.id
            );
            report.at(item, pointer, message).severity(Severity::Error);
        }
    }
    let recorded = item
        .annotations("/metadata")
        .find(|(name, _)| *name == SEALED_WITH);
    if let (false, Some(text)) = (is_proved, recorded.and_then(|(_, value)| value.as_str()))
        && newest
            .iter()
            .all(|one| one.facts.facts.fingerprint.to_string() != text)
    {
        let message = format!(
            "{} says that it was sealed for another certificate than the newest of {names}",
            item.id
        );
        report
            .at(item, "/metadata/annotations", message)
            .confidence(Confidence::Likely);
    }
}

/// Files whose last commit is older than the newest certificate.
fn by_date(project: &Project<'_>, report: &mut Report<'_>) {
    let certificates = report.around.certificates;
    for fact in project
        .facts
        .iter()
        .filter(|fact| fact.sealed.is_some() && !fact.is_patch)
    {
        let Some(changed) = project.changed.get(&fact.source.path) else {
            continue;
        };
        let newest = newest(certificates, &fact.source.path);
        let is_older = |one: &&Certificate| one.facts.facts.not_before.as_second() > *changed;
        if !newest.is_empty() && newest.iter().all(is_older) {
            let message = format!(
                "{} was last committed before the newest certificate was made",
                fact.id
            );
            report
                .of_fact(fact, "/spec/encryptedData", message)
                .confidence(Confidence::Possible);
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:2048%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:512:5:1%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:3072%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:512:5:1%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %above:512%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:2048%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {a: %below:256%, pw: %above:256%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {waxwing.dev/sealed-with: 'SHA256:abc'}}, spec: {encryptedData: {pw: %below:512%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem, paths: [o/prod]}]\n=== c.pem\n%CERT:4096%\n=== o/prod/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:384:5:1%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: c.pem}, {environment: prod, file: d.pem}]\n=== c.pem\n%CERT:4096%\n=== d.pem\n%CERT:3072%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %below:512%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:2048%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %below:256%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem, paths: [o/prod]}]\n=== c.pem\n%CERT:4096%\n=== o/dev/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed:256:5:1%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: c.pem}, {environment: prod, file: d.pem}]\n=== c.pem\n%CERT:4096%\n=== d.pem\n%CERT:2048%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %below:256%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: CHANGEME}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {waxwing.dev/sealed-with: '%fingerprint:4096%'}}, spec: {encryptedData: {pw: %below:512%}}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n=== a.yaml\n{%CM%, data: {pw: %sealed:256:5:1%}}",
];
