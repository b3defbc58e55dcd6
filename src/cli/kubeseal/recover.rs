//! `--recovery-unseal`: opening with private keys at hand.

use std::io::{self, IsTerminal};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    failure::Failure,
    files::{MAX_KEY_BYTES, read_file, say},
    input,
    options::Options,
    render::Format,
};
use crate::{
    api::{
        sealed_secret::SealedSecret,
        secret::{Notation, Secret},
    },
    object::yaml::{self, ReadOptions},
    seal::{DeprecatedData, KeyError, KeyRing, SealingKey, opened_secret},
    secret::Hidden,
};

/// Opens every SealedSecret of the input; gives the text of the Secrets.
///
/// Mirrors `UnsealSealedSecret` in `pkg/kubeseal/kubeseal.go`, which stops after the first document.
///
/// # Errors
/// [`Failure`] in the original's words.
pub fn run(options: &Options, manifest: &[u8], name: &str) -> Result<Hidden<String>, Failure> {
    let mut ring = KeyRing::new();
    for file in &options.recovery_private_key {
        for key in keys_of(file)? {
            ring.insert(key, Timestamp::UNIX_EPOCH);
        }
    }
    let mut sealed = input::sealed_secrets(manifest, name)?;
    if sealed.is_empty() {
        // An empty input opens to an empty Secret, as in the original.
        sealed.push(SealedSecret::default());
    }
    let mut text = Hidden::new(String::new());
    for (place, one) in sealed.iter().enumerate() {
        let secret = opened_secret(one, &ring, DeprecatedData::Refuse)
            .map_err(|error| Failure::from(error).of_document(name, place, sealed.len() > 1))?;
        Format::of(&options.format)?.write(&secret.to_value(), text.expose_mut());
    }
    Ok(text)
}

/// The keys of a file: PEM, or Secrets of the controller as JSON or YAML, also in a `List`.
fn keys_of(file: &str) -> Result<Vec<SealingKey>, Failure> {
    let bytes = Hidden::new(read_file(file, MAX_KEY_BYTES)?);
    match SealingKey::from_pem(bytes.expose()) {
        Ok(key) => return Ok(vec![key]),
        Err(KeyError::None) => {}
        Err(error) => return Err(Failure::within(file, error)),
    }
    let documents = yaml::read(bytes.expose(), &ReadOptions::default()).unwrap_or_default();
    let mut keys = Vec::new();
    for document in documents {
        for secret in secrets_of(document.value) {
            keys.push(key_of(secret, file)?);
        }
    }
    if keys.is_empty() && io::stderr().is_terminal() {
        say(&format!("warning: {file} holds no private key"));
    }
    Ok(keys)
}

fn secrets_of(mut value: Value) -> Vec<Value> {
    match value.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ if value.is_object() => vec![value],
        _ => Vec::new(),
    }
}

fn key_of(secret: Value, file: &str) -> Result<SealingKey, Failure> {
    let secret =
        Secret::from_value(secret, Notation::Yaml).map_err(|error| Failure::within(file, error))?;
    let pem = secret
        .data
        .get("tls.key")
        .ok_or_else(|| Failure::new("secret must contain a 'tls.data' key"))?;
    SealingKey::from_pem(pem.expose()).map_err(|error| Failure::within(file, error))
}
