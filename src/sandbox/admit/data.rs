//! What Secrets and ConfigMaps share: keys, sizes and the immutable flag.

use serde_json::{Map, Value};

use crate::{object::Object, sandbox::error::Cause};

/// The most bytes of all values together.
pub const MAX_DATA: usize = 1 << 20;
/// The most bytes of a key.
const MAX_KEY: usize = 253;

const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// The items of a field, none if it is absent.
pub fn items<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = (&'a String, &'a str)> {
    object
        .at(&[field])
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key, value.as_str().unwrap_or_default()))
}

/// What is wrong with the keys of a field.
pub fn keys(object: &Object, field: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, _) in items(object, field) {
        for detail in key_errors(key) {
            let path = format!("{field}[{key}]");
            causes.push(Cause::invalid(path, &key.as_str().into(), &detail));
        }
    }
    causes
}

/// What is wrong with one key.
pub fn key_errors(key: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if key.len() > MAX_KEY {
        wrong.push(format!("must be no more than {MAX_KEY} characters"));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if key.is_empty() || !key.bytes().all(is_letter) {
        wrong.push(KEY.to_owned());
    }
    if key == "." {
        wrong.push("must not be '.'".to_owned());
    } else if key == ".." {
        wrong.push("must not be '..'".to_owned());
    } else if key.starts_with("..") {
        wrong.push("must not start with '..'".to_owned());
    }
    wrong
}

/// The size of what base64 text holds.
pub fn decoded_size(text: &str) -> usize {
    let letters = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    letters.filter(|byte| *byte != b'=').count() * 3 / 4
}

/// What is wrong with a change of an immutable object.
pub fn frozen(object: &Object, before: &Object, fields: &[&'static str]) -> Vec<Cause> {
    if before.at(&["immutable"]) != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let mut causes = Vec::new();
    if object.at(&["immutable"]) != Some(&Value::Bool(true)) {
        causes.push(Cause::forbidden("immutable", IMMUTABLE));
    }
    let none = Map::new();
    for field in fields {
        let content = |object: &Object| {
            object
                .at(&[field])
                .and_then(Value::as_object)
                .unwrap_or(&none)
                .clone()
        };
        if content(object) != content(before) {
            causes.push(Cause::forbidden(*field, IMMUTABLE));
        }
    }
    causes
}
