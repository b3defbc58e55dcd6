//! What is wrong with a field, worded as `k8s.io/apimachinery/pkg/util/validation/field` words it.

use serde_json::Value;

use crate::sandbox::error::Cause;

/// One cause of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct FieldError {
    /// `FieldValueRequired` and the like.
    pub reason: &'static str,
    /// What is said of the field, such as `Required value`.
    pub message: String,
    /// Path of the field, such as `spec.names.plural`.
    pub field: String,
}

impl FieldError {
    /// A value is missing.
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueRequired", "Required value", field, detail)
    }

    /// A value breaks a rule.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        let head = format!("Invalid value: {}", shown(value));
        Self::new("FieldValueInvalid", &head, field, detail)
    }

    /// A value is of another type; `seen` is the name of that type.
    pub fn type_invalid(field: impl Into<String>, seen: &str, detail: &str) -> Self {
        let head = format!("Invalid value: {}", shown(&seen.into()));
        Self::new("FieldValueTypeInvalid", &head, field, detail)
    }

    /// A value is given but may not be.
    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", "Forbidden", field, detail)
    }

    /// A value is none of those that are known.
    pub fn unsupported(field: impl Into<String>, value: &Value, known: &[String]) -> Self {
        let head = format!("Unsupported value: {}", shown(value));
        let known: Vec<String> = known
            .iter()
            .map(|word| shown(&word.as_str().into()))
            .collect();
        let detail = format!("supported values: {}", known.join(", "));
        Self::new("FieldValueNotSupported", &head, field, &detail)
    }

    /// A text is too long; it is not shown.
    pub fn too_long(field: impl Into<String>, limit: u64) -> Self {
        let unit = if limit == 1 { "byte" } else { "bytes" };
        let detail = format!("may not be more than {limit} {unit}");
        Self::new("FieldValueTooLong", "Too long", field, &detail)
    }

    /// A list or a map has too many entries.
    pub fn too_many(field: impl Into<String>, count: u64, limit: u64) -> Self {
        let unit = if limit == 1 { "item" } else { "items" };
        let head = format!("Too many: {count}");
        let detail = format!("must have at most {limit} {unit}");
        Self::new("FieldValueTooMany", &head, field, &detail)
    }

    /// A value is there twice.
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        let head = format!("Duplicate value: {}", shown(value));
        Self::new("FieldValueDuplicate", &head, field, "")
    }

    fn new(reason: &'static str, head: &str, field: impl Into<String>, detail: &str) -> Self {
        Self {
            reason,
            message: if detail.is_empty() {
                head.to_owned()
            } else {
                format!("{head}: {detail}")
            },
            field: field.into(),
        }
    }
}

impl From<FieldError> for Cause {
    fn from(error: FieldError) -> Self {
        Self {
            reason: error.reason,
            message: error.message,
            field: error.field,
        }
    }
}

/// A value as JSON, with the characters escaped that Go's encoder escapes in maps and lists.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match value {
        Value::Array(_) | Value::Object(_) => text
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
        _ => text,
    }
}
