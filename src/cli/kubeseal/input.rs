//! The Secrets and SealedSecrets of the input.

use serde_json::Value;

use super::{failure::Failure, scalars};
use crate::{
    api::{
        sealed_secret::{self, SealedSecret},
        secret::{Notation, Secret},
    },
    object::yaml::{self, Document, ReadOptions, YamlError},
};

/// What the original says of an input without any Secret, whatever the reason.
const NONE: &str = "no secrets found. Ensure the input is valid and UTF-8 encoded";

/// A document that was read as a Secret.
pub struct Found {
    /// What it says.
    pub secret: Secret,
    /// What is to be said if it is of another kind.
    other: Option<String>,
}

impl Found {
    /// The Secret. The original seals whatever has data of the right form, a ConfigMap as well; ours names the document.
    /// Called only where sealing would go well, so that its own errors come first.
    ///
    /// # Errors
    /// The document is of another kind.
    pub fn into_secret(self) -> Result<Secret, Failure> {
        match self.other {
            Some(other) => Err(Failure(other)),
            None => Ok(self.secret),
        }
    }
}

/// The Secrets of a stream of YAML documents or JSON objects, with what is to be said of other kinds.
///
/// Mirrors `readSecrets` in `pkg/kubeseal/kubeseal.go`, but for one thing: where the original drops a malformed
/// document after good ones in silence, this is an error that names the document, for a secret must not get lost on
/// its way.
///
/// # Errors
/// [`Failure`] with the place in the input.
pub fn secrets(bytes: &[u8], name: &str) -> Result<Vec<Found>, Failure> {
    let mut secrets = Vec::new();
    let options = ReadOptions::default();
    for (place, document) in yaml::documents(bytes, &options).enumerate() {
        let mut document = match document {
            Ok(document) => document,
            Err(error @ YamlError::TooLarge { .. }) => return Err(Failure::within(name, error)),
            Err(_) if secrets.is_empty() => break,
            Err(error) => {
                return Err(Failure::new(error.to_string()).of_document(name, place, true));
            }
        };
        scalars::settle(&mut document, bytes, place)?;
        let other = other_kind(&document).map(|kind| {
            let (number, line) = (place + 1, document.line);
            format!("{name}: document {number} (line {line}) is a {kind}, not a Secret")
        });
        if let Some(secret) = secret_of(document)? {
            secrets.push(Found { secret, other });
        }
    }
    if secrets.is_empty() {
        return Err(Failure::new(NONE));
    }
    Ok(secrets)
}

/// The kind of a document that says one, and not that of a Secret.
fn other_kind(document: &Document) -> Option<&str> {
    let kind = document.value.get("kind").and_then(Value::as_str)?;
    (!kind.is_empty() && kind != "Secret").then_some(kind)
}

fn secret_of(document: Document) -> Result<Option<Secret>, Failure> {
    let notation = if document.is_json {
        Notation::Json
    } else {
        Notation::Yaml
    };
    if !has_content(&document.value) {
        return Ok(None);
    }
    Ok(Some(Secret::from_value(document.value, notation)?))
}

/// Fields of a Secret that hold a text or a map.
const FIELDS: &[&str] = &[
    "kind",
    "apiVersion",
    "metadata",
    "data",
    "stringData",
    "type",
    "immutable",
];

/// Whether anything of a document would end up in a Secret; the original skips one that is all empty.
fn has_content(value: &Value) -> bool {
    let Value::Object(map) = value else {
        return false;
    };
    FIELDS.iter().any(|field| match map.get(*field) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(inner)) => !inner.is_empty(),
        Some(Value::Bool(_)) => *field == "immutable",
        _ => false,
    })
}

/// The SealedSecrets of a stream.
///
/// # Errors
/// [`Failure`] in the words of the original's decoder where it has some.
pub fn sealed_secrets(bytes: &[u8], name: &str) -> Result<Vec<SealedSecret>, Failure> {
    let documents =
        yaml::read(bytes, &ReadOptions::default()).map_err(|error| Failure::within(name, error))?;
    let several = documents.len() > 1;
    documents
        .into_iter()
        .enumerate()
        .map(|(place, document)| {
            sealed_secret_of(document.value)
                .map_err(|failure| failure.of_document(name, place, several))
        })
        .collect()
}

/// What Go calls a value that is no map.
fn not_a_map(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(_) | Value::Null => None,
        Value::Array(_) => Some("array"),
        Value::String(_) => Some("string"),
        Value::Number(_) => Some("number"),
        Value::Bool(_) => Some("bool"),
    }
}

fn sealed_secret_of(value: Value) -> Result<SealedSecret, Failure> {
    let text = |field: &str| {
        value
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    if let Some(found) = not_a_map(&value) {
        return Err(Failure(format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go value of \
             type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \
             \"json:\\\"kind,omitempty\\\"\" }}"
        )));
    }
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    if kind.is_empty() {
        return Err(Failure::new("Object 'Kind' is missing in the input"));
    }
    if api_version == "v1" {
        return Err(Failure(format!(
            "converting (v1.{kind}) to (v1alpha1.SealedSecret): unknown conversion"
        )));
    }
    if kind != sealed_secret::KIND || api_version != sealed_secret::API_VERSION {
        return Err(Failure(format!(
            "no kind \"{kind}\" is registered for version \"{api_version}\""
        )));
    }
    Ok(SealedSecret::from_value(value)?)
}
