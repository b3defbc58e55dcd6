//! K502: a sealing certificate is weak.

use super::sealing_certificate;
use crate::lint::{
    finding::{Place, Severity},
    report::Report,
    rule::{Check, rule},
    text::Text,
};

rule! {
    /// A sealing certificate is weak.
    ///
    /// What: a sealing certificate (named in the configuration, or by its file name) with an RSA key of less than
    /// 2048 bits; as a warning, of less than 3072 bits or with a signature that rests on SHA-1.
    ///
    /// Why: what is sealed stays in Git for as long as Git does, and has to withstand the attacks of that time.
    ///
    /// Instead: let the controller make a key of 4096 bits, and re-encrypt.
    "K502", Error, [Check::Text(check)]
}

fn check(text: &Text<'_>, report: &mut Report<'_>) {
    let Some(facts) = sealing_certificate::of(text, report.around) else {
        return;
    };
    let bits = facts.facts.bits;
    let place = Place::line(text.path, 1);
    if bits < 2048 {
        report
            .add(
                place,
                format!("the sealing certificate has a key of {bits} bits"),
            )
            .field = "bits".to_owned();
    } else if bits < 3072 {
        let message =
            format!("the sealing certificate has a key of {bits} bits, and 3072 are advised");
        report.add(place, message).severity(Severity::Warning).field = "bits".to_owned();
    }
    if facts.is_weakly_signed {
        let message = "the signature of the sealing certificate rests on SHA-1 or MD5";
        report
            .add(Place::line(text.path, 1), message)
            .severity(Severity::Warning)
            .field = "signature".to_owned();
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== pub-cert.pem\n%CERT:1024%",
    "=== sealed-secrets.crt\n%CERT:2048%",
    "=== prod/pub-cert.pem\n%CERT:2048sha1%",
    "=== my-sealing.cert\n%CERT:1024%",
    "=== pub-cert.cer\n%CERT:4096sha1%",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:2048%",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:1024%",
    "=== PubCert.pem\n%CERT:2048%",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== pub-cert.pem\n%CERT:4096%",
    "=== sealed-secrets.crt\n%CERT:3072%",
    "=== ca.pem\n%CERT:1024%",
    "=== pub-cert.txt\nno certificate\n",
    "=== pub-cert.pem\n%PEM:PUBLIC KEY%",
    "=== .waxwing-lint.yaml\ncertificates: [{environment: prod, file: c.pem}]\n=== c.pem\n%CERT:4096%",
    "=== web.crt\n%CERT:2048sha1%",
    "{%CM%, data: {ca.crt: %b64cert%}}",
];
