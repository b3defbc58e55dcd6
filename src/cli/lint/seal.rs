//! `--fix --seal CERT`: a plain Secret becomes a sealed file beside it, and the plain one leaves the index.

use std::{collections::BTreeSet, fs, path::Path};

use super::{input::Input, judge::Judged, settings::Settings};
use crate::{
    api::{
        sealed_secret::SEALED_WITH,
        secret::{Notation, Secret},
    },
    cli::{Failure, Shell},
    object::yaml::{self, ReadOptions},
    seal::{Certificate, SealOptions, seal},
};

/// Seals the files in which plain Secrets were found, and says how many.
#[expect(
    clippy::disallowed_methods,
    reason = "the face reads the certificate and writes sealed files"
)]
pub fn run(
    certificate: &Path,
    judged: &Judged,
    input: &Input,
    settings: &Settings,
    shell: &mut Shell,
) -> Result<usize, Failure> {
    let failed =
        |why: String| Failure::new(format!("certificate {}: {why}", certificate.display()));
    let pem = fs::read(certificate).map_err(|error| failed(error.to_string()))?;
    let certificate = Certificate::from_pem(&pem).map_err(|error| failed(error.to_string()))?;
    let certificate = certificate
        .usable_at(settings.now)
        .map_err(|error| failed(error.to_string()))?;
    let findings = judged.outcome.findings.iter();
    let paths: BTreeSet<&str> = findings
        .filter(|finding| finding.rule.id == "P101" && finding.suppressed.is_none())
        .map(|finding| finding.place.path.as_str())
        .collect();
    let mut sealed = 0;
    let mut left = Vec::new();
    for path in paths {
        let target = sealed_path(path);
        let whole = input.root.join(&target);
        if whole.exists() {
            shell.note(format_args!(
                "not sealed: {path}: there is a {target} already"
            ));
            continue;
        }
        let text = match input
            .read(path)
            .and_then(|bytes| sealed_text(&bytes, &certificate))
        {
            Ok(text) => text,
            Err(why) => {
                shell.note(format_args!("not sealed: {path}: {why}"));
                continue;
            }
        };
        fs::write(&whole, text)
            .map_err(|error| Failure::new(format!("failed to write {target}")).because(error))?;
        shell.note(format_args!("sealed {path} as {target}"));
        left.push(path.to_owned());
        sealed += 1;
    }
    if let (Some(repository), false) = (&input.repository, left.is_empty()) {
        repository.forget(&left).map_err(|error| {
            Failure::new("failed to take the plain files out of the index").because(error)
        })?;
        shell.note("the plain files are out of the index: name them in .gitignore, and change the values if they were ever pushed");
    }
    Ok(sealed)
}

/// The sealed documents of a file that holds Secrets and nothing else.
fn sealed_text(bytes: &[u8], certificate: &Certificate) -> Result<String, String> {
    let documents =
        yaml::read(bytes, &ReadOptions::default()).map_err(|error| error.to_string())?;
    let mut texts = Vec::new();
    for document in documents {
        let text = |name: &str| {
            document
                .value
                .get(name)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
        };
        if text("kind").as_deref() != Some("Secret") || text("apiVersion").as_deref() != Some("v1")
        {
            return Err("it has more than Secrets; move them to a file of their own".to_owned());
        }
        let notation = if document.is_json {
            Notation::Json
        } else {
            Notation::Yaml
        };
        let secret = Secret::from_value(document.value, notation)
            .map_err(|_| "its Secret cannot be read".to_owned())?;
        let mut sealed = seal(&secret, certificate, SealOptions::default())
            .map_err(|error| error.to_string())?;
        let fingerprint = certificate.fingerprint().to_string();
        sealed
            .metadata
            .set_entry("annotations", SEALED_WITH, &fingerprint);
        texts.push(yaml::write(&sealed.to_value()));
    }
    Ok(texts.join("---\n"))
}

/// Where the sealed form of a file goes.
fn sealed_path(path: &str) -> String {
    let (folder, name) = path
        .rsplit_once('/')
        .map_or(("", path), |(folder, name)| (folder, name));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.strip_suffix(".secret").unwrap_or(stem);
    let name = format!("{stem}.sealed.yaml");
    if folder.is_empty() {
        name
    } else {
        format!("{folder}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_files_stand_beside_plain_ones() {
        assert_eq!(sealed_path("a/db.secret.yaml"), "a/db.sealed.yaml");
        assert_eq!(sealed_path("db.json"), "db.sealed.yaml");
    }
}
