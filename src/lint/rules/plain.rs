//! What several rules ask of the values of Secrets.

use serde_json::Value;

use crate::lint::value;

/// Whether a value of `data` or `stringData` is a secret in plain.
pub fn is_plain(map: &str, value: &Value) -> bool {
    let text = match value {
        Value::Null => return false,
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        // Not of its type, and something all the same.
        Value::Array(list) => return !list.is_empty(),
        Value::Object(map) => return !map.is_empty(),
    };
    if value::is_placeholder(&text) {
        return false;
    }
    let inner = if map == "data" {
        value::decoded(&text)
    } else {
        Some(text)
    };
    inner.is_none_or(|inner| !value::is_placeholder(&inner) && !value::is_public(&inner))
}
