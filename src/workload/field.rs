//! Reading fields of workload objects, with what is meant where they are absent.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::object::Object;

/// A whole number, or what is meant where it is absent.
pub fn int(object: &Object, path: &[&str], absent: i64) -> i64 {
    object.at(path).and_then(Value::as_i64).unwrap_or(absent)
}

/// A text, empty where it is absent.
pub fn text<'a>(object: &'a Object, path: &[&str]) -> &'a str {
    object.at(path).and_then(Value::as_str).unwrap_or_default()
}

/// A truth, false where it is absent.
pub fn is_true(object: &Object, path: &[&str]) -> bool {
    object.at(path).and_then(Value::as_bool).unwrap_or(false)
}

/// An instant.
pub fn time(object: &Object, path: &[&str]) -> Option<Timestamp> {
    object.at(path)?.as_str()?.parse().ok()
}

/// The items of a list, none where it is absent.
pub fn list<'a>(object: &'a Object, path: &[&str]) -> &'a [Value] {
    object
        .at(path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The owner reference of something that this object controls.
pub fn controller_reference(owner: &Object) -> Value {
    json!({
        "apiVersion": owner.api_version(),
        "kind": owner.kind(),
        "name": owner.name(),
        "uid": owner.uid().unwrap_or_default(),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// Whether its deletion has begun.
pub fn is_deleting(object: &Object) -> bool {
    object
        .at(&["metadata", "deletionTimestamp"])
        .is_some_and(|value| !value.is_null())
}

/// When the object was made, the earliest time where that is unknown.
pub fn created(object: &Object) -> Timestamp {
    time(object, &["metadata", "creationTimestamp"]).unwrap_or(Timestamp::MIN)
}

/// An instant as Kubernetes writes it: whole seconds.
pub fn stamp(now: Timestamp) -> String {
    whole_second(now).to_string()
}

/// The instant without its fraction of a second, as it is read back later.
pub fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A value without what says nothing: nulls, and empty lists, maps and texts.
///
/// Servers drop or add such fields, so two statuses are compared without them.
pub fn significant(value: &Value) -> Value {
    let is_something = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), significant(value)))
            .filter(|(_, value)| is_something(value))
            .collect(),
        Value::Array(items) => items.iter().map(significant).collect(),
        other => other.clone(),
    }
}

/// FNV-1a with 32 bits: small, stable, and the same on every machine.
pub fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_published() {
        for (text, hash) in [
            ("", 0x811c_9dc5),
            ("a", 0xe40c_292c),
            ("foobar", 0xbf9c_f968),
        ] {
            assert_eq!(fnv1a(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn stamps_have_whole_seconds() {
        let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        assert_eq!(stamp(now), "2026-01-02T03:04:05Z");
    }
}
