//! Scalars as text, which is how kustomize compares and moves them.

use serde_json::{Number, Value};

/// The text of a scalar; maps and lists have none.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// Whether it is neither a map nor a list.
pub(super) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// The name of the node's kind in kustomize's messages.
pub(super) fn node_kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "SequenceNode",
        Value::Object(_) => "MappingNode",
        _ => "ScalarNode",
    }
}

/// Every number as if it had been a float of 64 bits, as after a JSON patch.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "losing digits is what the original does"
)]
pub(super) fn through_float(value: &mut Value) {
    /// Whole floats below are written as digits.
    const WHOLE_BELOW: f64 = 9.2e18;
    match value {
        Value::Number(number) => {
            let float = if let Some(whole) = number.as_i64() {
                whole as f64
            } else {
                number.as_f64().unwrap_or_default()
            };
            *number = if float.fract() == 0.0 && float.abs() < WHOLE_BELOW {
                Number::from(float as i64)
            } else {
                Number::from_f64(float).unwrap_or_else(|| number.clone())
            };
        }
        Value::Array(items) => items.iter_mut().for_each(through_float),
        Value::Object(fields) => fields.values_mut().for_each(through_float),
        _ => {}
    }
}
