//! K503: a sealing certificate is out of date.

use super::sealing_certificate;
use crate::lint::{
    finding::{Place, Severity},
    report::Report,
    rule::{Check, rule},
    text::Text,
};

rule! {
    /// A sealing certificate is out of date.
    ///
    /// What: a sealing certificate that is past its last day or before its first; as a warning, one with less than 30
    /// days left. `--now` says which day to judge by.
    ///
    /// Why: `kubeseal` refuses to seal for a certificate that is past its last day.
    ///
    /// Instead: fetch the newest certificate of the cluster (`kubeseal --fetch-cert`).
    "K503", Error, [Check::Text(check)]
}

/// The days before the last one from which on it is told.
const DAYS_AHEAD: i64 = 30;

fn check(text: &Text<'_>, report: &mut Report<'_>) {
    let Some(facts) = sealing_certificate::of(text, report.around) else {
        return;
    };
    let now = report.around.now;
    let place = Place::line(text.path, 1);
    let left = facts.days_left(now);
    if now > facts.facts.not_after {
        report.add(
            place,
            format!(
                "the sealing certificate is past its last day, {}",
                facts.facts.not_after.strftime("%F")
            ),
        );
    } else if now < facts.facts.not_before {
        report.add(
            place,
            format!(
                "the sealing certificate is not valid before {}",
                facts.facts.not_before.strftime("%F")
            ),
        );
    } else if left < DAYS_AHEAD {
        report
            .add(
                place,
                format!("the sealing certificate has {left} days left"),
            )
            .severity(Severity::Warning);
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== pub-cert.pem\n%CERT:past%",
    "=== pub-cert.pem\n%CERT:future%",
    "=== pub-cert.pem\n%CERT:soon%",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:past%",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:future%",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:soon%",
    "=== x/sealed-secrets.crt\n%CERT:past%",
    "=== sealing.cert\n%CERT:soon%",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== pub-cert.pem\n%CERT:4096%",
    "=== ca.pem\n%CERT:past%",
    "=== pub-cert.pem\n%CERT:2048%",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:3072%",
    "=== other.crt\n%CERT:future%",
    "=== pub-cert.md\n%CERT:past%",
    "=== pub-cert.pem\n%PEM:PUBLIC KEY%",
    "{%CM%, data: {a: b}}",
];
