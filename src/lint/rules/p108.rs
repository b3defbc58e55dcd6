//! P108: a private key.

use crate::lint::{
    form,
    report::Report,
    rule::{Check, rule},
    text::Text,
};

rule! {
    /// A private key is in the repository.
    ///
    /// What: a private key in PEM, of OpenSSH, PGP, PuTTY or age with a body that decodes, also inside of base64; a
    /// PKCS#12 file or a Java key store. Public keys and certificates are left alone.
    ///
    /// Why: whoever has the key is whoever the key stands for.
    ///
    /// Instead: make a new key, seal it if a cluster needs it, and take the old one out of use.
    "P108", Error, [Check::Text(check)]
}

fn check(text: &Text<'_>, report: &mut Report<'_>) {
    for found in form::private_keys(text.text) {
        report.in_text(
            text,
            found.range.start,
            found.range.end,
            found.what,
            format!("{} in the text", article(found.what)),
        );
    }
}

/// What it is with its article.
pub fn article(what: &str) -> String {
    let is_vowel =
        what.starts_with(['A', 'E', 'O', 'R', 'a', 'e', 'i', 'o']) && !what.starts_with("RA");
    format!("{} {what}", if is_vowel { "an" } else { "a" })
}

/// What a binary file is, if it is a key store.
pub fn key_store(path: &str, bytes: &[u8]) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) {
        return Some("Java key store");
    }
    let is_named = lower.ends_with(".p12") || lower.ends_with(".pfx");
    // A sequence whose first element is the number 3.
    let is_sequence = bytes.first() == Some(&0x30)
        && bytes
            .get(1..10)
            .is_some_and(|head| head.windows(3).any(|three| three == [2, 1, 3]));
    (is_named && is_sequence).then_some("PKCS#12 file")
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== a.key\n%PEM:RSA PRIVATE KEY%",
    "=== id_rsa\n%PEM:OPENSSH PRIVATE KEY%",
    "=== a.pem\n%PEM:PRIVATE KEY%",
    "=== a.pem\n%PEM:EC PRIVATE KEY%",
    "=== notes.md\ntext\n\n    %pem:DSA PRIVATE KEY%\n",
    "{%CM%, data: {k: %b64pem:PRIVATE KEY%}}",
    "=== age.txt\n# key\n%token:age%\n",
    "=== a.json\n{\"private_key\": \"%pem:PRIVATE KEY%\"}",
    "=== a.ppk\nPuTTY-User-%ppk%: ssh-rsa\nPrivate-Lines: 1\nabc\n",
    "=== a.asc\n%PEM:PGP PRIVATE KEY BLOCK%",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== a.crt\n%CERT%",
    "=== a.pub\nssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 a@b\n",
    "=== a.pem\n%PEM:PUBLIC KEY%",
    "=== a.md\nThe file starts with `-----BEGIN %RSA% PRIVATE KEY-----`.\n",
    "=== a.sh\ngrep -q -- '-----BEGIN OPENSSH %PK%-----' key\n",
    "=== a.pem\n-----BEGIN %RSA% PRIVATE KEY-----\n...\n-----END %RSA% PRIVATE KEY-----\n",
    "{%CM%, data: {k: %b64cert%}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {tls.key: %sealed%}}}",
    "=== age.txt\nage1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n",
];
