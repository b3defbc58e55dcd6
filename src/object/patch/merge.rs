//! JSON merge patch (RFC 7386), as `evanphx/json-patch` applies it for the API server.

use serde_json::{Map, Value};

/// Merges the patch into the target: null removes, maps merge, all else replaces.
///
/// One thing goes beyond the RFC, as upstream does it: fields that are null are dropped from maps
/// inside of lists too, unless the list takes the place of a map in a field.
pub fn apply(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => apply_map(target, patch),
        (target, patch) => *target = without_nulls(patch),
    }
}

fn apply_map(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (field, value) in patch {
        match (target.get_mut(field), value) {
            (_, Value::Null) => {
                target.remove(field);
            }
            (Some(Value::Object(old)), Value::Object(new)) => apply_map(old, new),
            (Some(old @ Value::Object(_)), new) => *old = new.clone(),
            (_, new) => {
                target.insert(field.clone(), without_nulls(new));
            }
        }
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, value)| (field.clone(), without_nulls(value)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The merge patch that turns one value into the other; `{}` if two maps are equal.
///
/// A merge patch cannot say null: a null of `modified` removes the field.
pub fn create(original: &Value, modified: &Value) -> Value {
    match (original, modified) {
        (Value::Object(original), Value::Object(modified)) => {
            Value::Object(create_map(original, modified))
        }
        _ => modified.clone(),
    }
}

pub(super) fn create_map(
    original: &Map<String, Value>,
    modified: &Map<String, Value>,
) -> Map<String, Value> {
    let mut patch = Map::new();
    for (field, value) in modified {
        match (original.get(field), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                let below = create_map(old, new);
                if !below.is_empty() {
                    patch.insert(field.clone(), Value::Object(below));
                }
            }
            (Some(old), new) if is_equal(old, new) => {}
            _ => {
                patch.insert(field.clone(), value.clone());
            }
        }
    }
    for field in original.keys() {
        if !modified.contains_key(field) {
            patch.insert(field.clone(), Value::Null);
        }
    }
    patch
}

/// Equal but for the way that numbers are written: 1 and 1.0 are one number.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(field, a)| b.get(field).is_some_and(|b| is_equal(a, b)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests;
