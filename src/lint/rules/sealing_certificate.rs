//! Which files are sealing certificates: those that the configuration names, and those that are called so.

use crate::lint::{certificate::Facts, report::Surroundings, text::Text};

/// The certificate of a file, if it is a sealing certificate.
pub fn of(text: &Text<'_>, around: &Surroundings<'_>) -> Option<Facts> {
    if !text.text.contains("-----BEGIN CERTIFICATE-----") {
        return None;
    }
    let is_configured = around
        .certificates
        .iter()
        .any(|certificate| certificate.path == text.path);
    if !is_configured && !is_named(text.name()) {
        return None;
    }
    Facts::read(text.text.as_bytes()).ok()
}

fn is_named(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_certificate = [".pem", ".crt", ".cert", ".cer"]
        .iter()
        .any(|end| lower.ends_with(end));
    is_certificate
        && ["seal", "pub-cert", "pubcert", "public-cert"]
            .iter()
            .any(|word| lower.contains(word))
}
