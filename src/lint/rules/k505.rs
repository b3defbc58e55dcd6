//! K505: one sealing certificate serves two environments.

use crate::lint::{
    finding::Place,
    project::Project,
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// One sealing certificate serves two environments.
    ///
    /// What: the same public key under two environments of the configuration.
    ///
    /// Why: what is sealed for one environment opens in the other, and the key of the weaker one opens both.
    ///
    /// Instead: give each cluster its own sealing key.
    "K505", Warning, [Check::Project(check)]
}

fn check(_: &Project<'_>, report: &mut Report<'_>) {
    let certificates = report.around.certificates;
    for (index, one) in certificates.iter().enumerate() {
        let before = certificates.get(..index).unwrap_or_default();
        let other = before.iter().find(|other| {
            other.facts.facts.fingerprint == one.facts.facts.fingerprint
                && other.file.environment != one.file.environment
        });
        if let Some(other) = other {
            let message = format!(
                "{} and {} have the same sealing key",
                other.file.environment, one.file.environment
            );
            report.add(Place::line(&one.path, 1), message).field = one.file.environment.clone();
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: a.pem}, {environment: prod, file: b.pem}]\n=== a.pem\n%CERT:4096%\n=== b.pem\n%CERT:4096%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: c.pem}, {environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: a.crt}, {environment: prod, file: x/b.crt}]\n=== a.crt\n%CERT:3072%\n=== x/b.crt\n%CERT:3072%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: a.pem}, {environment: prod, file: b.pem}]\n=== a.pem\n%CERT:2048%\n=== b.pem\n%CERT:2048%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: dev/s.pem}, {environment: prod, file: prod/s.pem}]\n=== dev/s.pem\n%CERT:4096%\n=== prod/s.pem\n%CERT:4096%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: a}, {environment: prod, file: b}]\n=== a\n%CERT:4096%\n=== b\n%CERT:4096%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: one.pem}, {environment: prod, file: one.pem}]\n=== one.pem\n%CERT:2048%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: a, file: a.pem}, {environment: b, file: b.pem}, {environment: c, file: c.pem}]\n=== a.pem\n%CERT:4096%\n=== b.pem\n%CERT:3072%\n=== c.pem\n%CERT:4096%\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== .waxwing-lint.yaml\ncertificates: [{environment: dev, file: a.pem}, {environment: prod, file: b.pem}]\n=== a.pem\n%CERT:4096%\n=== b.pem\n%CERT:3072%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: a.pem}]\n=== a.pem\n%CERT:4096%\n",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: a.pem}, {environment: prod, file: b.pem}]\n=== a.pem\n%CERT:4096%\n=== b.pem\n%CERT:4096%\n",
    "=== a.pem\n%CERT:4096%\n=== b.pem\n%CERT:4096%\n",
    "=== .waxwing-lint.yaml\ncertificates: []\n",
    "{%CM%, data: {}}",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: a.pem}, {environment: prod, file: a.pem, paths: [x]}]\n=== a.pem\n%CERT:4096%\n",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
];
