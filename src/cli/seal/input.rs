//! The Secrets of files and streams, each with the place that it was found at.

use serde_json::Value;

use crate::{
    api::secret::{Notation, Secret},
    cli::{Failure, kubeseal::settle},
    object::yaml::{self, Document, ReadOptions},
};

/// One Secret of an input.
pub(super) struct Input {
    /// The Secret.
    pub(super) secret: Secret,
    /// Where it was found, for messages.
    pub(super) place: String,
    /// The document that it was read from, with positions; absent for an item of a List.
    pub(super) document: Option<Document>,
}

/// `FILE: document N (line L)`, for messages; the documents are counted from 0.
pub(in crate::cli) fn location(name: &str, number: usize, line: usize) -> String {
    format!("{name}: document {} (line {line})", number + 1)
}

/// All Secrets of a text; Lists are opened. Whatever else is there is an error: a secret must not get lost on its way.
///
/// # Errors
/// [`Failure`] names the document.
pub(super) fn secrets(bytes: &[u8], name: &str) -> Result<Vec<Input>, Failure> {
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    let mut found = Vec::new();
    for (number, document) in yaml::documents(bytes, &options).enumerate() {
        let mut document = document
            .map_err(|error| Failure::new(format!("{name} cannot be read")).because(error))?;
        let place = location(name, number, document.line);
        settle(&mut document, bytes, number)
            .map_err(|error| Failure::new(place.clone()).because(error.to_string()))?;
        let is_json = document.is_json;
        if matches!(kind(&document.value), "List" | "SecretList") {
            let items = document.value.get_mut("items").map(Value::take);
            for (at, item) in items
                .as_ref()
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .enumerate()
            {
                let place = format!("{place}, item {}", at + 1);
                found.push(one(item.clone(), is_json, place, None)?);
            }
            continue;
        }
        let value = document.value.clone();
        found.push(one(value, is_json, place, Some(document))?);
    }
    if found.is_empty() {
        return Err(Failure::new(format!("{name} holds no Secret")));
    }
    Ok(found)
}

fn kind(value: &Value) -> &str {
    value
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn one(
    value: Value,
    is_json: bool,
    place: String,
    document: Option<Document>,
) -> Result<Input, Failure> {
    match kind(&value) {
        "Secret" | "" if value.is_object() => {}
        "SealedSecret" => {
            return Err(Failure::new(format!("{place} is sealed already"))
                .hint("`waxwing seal set` changes a value of it, `waxwing reencrypt` its key"));
        }
        other => {
            let other = if value.is_object() {
                other
            } else {
                "no object"
            };
            return Err(Failure::new(format!("{place} is {other}, not a Secret")));
        }
    }
    let notation = if is_json {
        Notation::Json
    } else {
        Notation::Yaml
    };
    let secret = Secret::from_value(value, notation)
        .map_err(|error| Failure::new(format!("{place} is not a Secret")).because(error))?;
    Ok(Input {
        secret,
        place,
        document,
    })
}
