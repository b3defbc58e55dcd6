//! What is wrong with a field, worded as apimachinery words it (`pkg/util/validation/field/errors.go`).

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Cause {
    /// `FieldValueRequired` and the like.
    pub reason: &'static str,
    /// What is said of the field, such as `Required value: name or generateName is required`.
    pub message: String,
    /// Path of the field, such as `metadata.name`.
    pub field: String,
}

impl Cause {
    /// A value is missing.
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueRequired", "Required value", field, detail)
    }

    /// A value breaks a rule; texts are quoted, other values shown as JSON.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self::invalid_as(field, &shown(value), detail)
    }

    /// The same, of a value that is shown in a form of its own.
    pub fn invalid_as(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        let head = format!("Invalid value: {shown}");
        Self::new("FieldValueInvalid", &head, field, detail)
    }

    /// A value is of another type; `seen` is the name of that type.
    pub fn type_invalid(field: impl Into<String>, seen: &str, detail: &str) -> Self {
        let head = format!("Invalid value: {}", quoted(seen));
        Self::new("FieldValueTypeInvalid", &head, field, detail)
    }

    /// A value is given but may not be.
    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", "Forbidden", field, detail)
    }

    /// A value is none of those that are known.
    pub fn unsupported(field: impl Into<String>, value: &Value, known: &[impl AsRef<str>]) -> Self {
        let head = format!("Unsupported value: {}", shown(value));
        let known: Vec<String> = known.iter().map(|word| quoted(word.as_ref())).collect();
        let detail = format!("supported values: {}", known.join(", "));
        Self::new("FieldValueNotSupported", &head, field, &detail)
    }

    /// A value is too long; the value itself is not shown.
    pub fn too_long(field: impl Into<String>, limit: usize) -> Self {
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
        Self::duplicate_as(field, &shown(value))
    }

    /// The same, of a value that is shown in a form of its own.
    pub fn duplicate_as(field: impl Into<String>, shown: &str) -> Self {
        let head = format!("Duplicate value: {shown}");
        Self::new("FieldValueDuplicate", &head, field, "")
    }

    /// A value names something that is not there.
    pub fn not_found(field: impl Into<String>, value: &Value) -> Self {
        let head = format!("Not found: {}", shown(value));
        Self::new("FieldValueNotFound", &head, field, "")
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

    /// The cause as one of a Status.
    pub fn to_value(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

/// A value as Go's `%q` and JSON show it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) => escaped(&value.to_string()),
        other => other.to_string(),
    }
}

/// JSON with the characters escaped that Go's encoder escapes.
pub fn escaped(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// A text as Go's `%q` shows it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        // Writing into a String never fails.
        let _: fmt::Result = match letter {
            '"' | '\\' => write!(quoted, "\\{letter}"),
            '\n' => write!(quoted, "\\n"),
            '\r' => write!(quoted, "\\r"),
            '\t' => write!(quoted, "\\t"),
            '\u{7}' => write!(quoted, "\\a"),
            '\u{8}' => write!(quoted, "\\b"),
            '\u{b}' => write!(quoted, "\\v"),
            '\u{c}' => write!(quoted, "\\f"),
            '\0'..' ' | '\u{7f}' => write!(quoted, "\\x{:02x}", u32::from(letter)),
            '\u{80}'..'\u{a1}' | '\u{ad}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                write!(quoted, "\\u{:04x}", u32::from(letter))
            }
            letter => write!(quoted, "{letter}"),
        };
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_go_shows_them() {
        for (value, expected) in [
            (json!("a \"b\"\n\u{1}é"), r#""a \"b\"\n\x01é""#),
            (json!(["<a>"]), r#"["\u003ca\u003e"]"#),
            (json!(5), "5"),
            (Value::Null, "null"),
        ] {
            assert_eq!(shown(&value), expected);
        }
    }
}
