//! A value as the server's own type would hold it.

use serde_json::{Map, Value};

use super::omit;
use crate::object::{
    quantity::canonical,
    schema::{Schema, ValueType},
};

/// What came of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// The value without unknown fields and without nulls.
    pub value: Value,
    /// Paths of fields that the type does not know.
    pub unknown: Vec<String>,
}

/// A value is not what its type can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// It is of another type; shown in the words of Go's decoder.
    #[error("json: cannot unmarshal {word} into Go struct field {field} of type {wanted}")]
    Mismatch {
        /// What it is.
        word: String,
        /// The struct and the fields on the way, without keys of maps and places in lists.
        field: String,
        /// The type that it should have.
        wanted: String,
        /// What a conversion from maps says of it.
        conversion: String,
    },
    /// It cannot be read as what it should be.
    #[error("{0}")]
    Unreadable(String),
}

impl TypeError {
    /// The words of a conversion from maps (`runtime/converter.go`), as strategic patches have them.
    pub fn conversion(&self) -> String {
        match self {
            Self::Mismatch { conversion, .. } => conversion.clone(),
            Self::Unreadable(words) => words.clone(),
        }
    }
}

/// Takes a value as a type; `kind` is the name of the type of the whole.
///
/// # Errors
/// A value is of another type, in the words of Go's decoder.
pub fn typed(schema: &Schema, value: Value) -> Result<Typed, TypeError> {
    let mut reader = Reader {
        path: String::new(),
        fields: String::new(),
        holder: short_name(schema),
        unknown: Vec::new(),
    };
    let value = reader.read(schema, value)?;
    Ok(Typed {
        value,
        unknown: reader.unknown,
    })
}

/// Definitions whose content is the business of somebody else.
const OPAQUE: &[&str] = &[
    "JSONSchemaProps",
    "RawExtension",
    "FieldsV1",
    "JSON",
    "Patch",
];

struct Reader {
    path: String,
    /// The path without keys of maps and places in lists, which Go does not tell.
    fields: String,
    /// Name of the type that holds the field at hand.
    holder: String,
    unknown: Vec<String>,
}

impl Reader {
    fn read(&mut self, schema: &Schema, value: Value) -> Result<Value, TypeError> {
        let name = short_name(schema);
        if OPAQUE.contains(&name.as_str()) {
            return Ok(value);
        }
        match (schema.value_type(), value) {
            (ValueType::Any, value) => Ok(value),
            (ValueType::Object, Value::Object(map)) => self.object(schema, &name, map),
            (ValueType::Array, Value::Array(items)) => self.array(schema, items),
            (ValueType::String, Value::String(text)) => self.text(schema, &name, text),
            (ValueType::Boolean, value @ Value::Bool(_)) => Ok(value),
            (ValueType::Integer, Value::Number(number)) => match whole(&number) {
                Some(whole) => Ok(whole.into()),
                None => Err(self.wrong(schema, &Value::Number(number))),
            },
            (ValueType::Number, value @ Value::Number(_)) => Ok(value),
            (ValueType::IntOrString, value @ (Value::Number(_) | Value::String(_))) => Ok(value),
            (ValueType::StringOrNumber, Value::String(text)) => {
                if is_quantity(&text) {
                    Ok(Value::String(canonical(&text).unwrap_or(text)))
                } else {
                    Err(TypeError::Unreadable(QUANTITY.to_owned()))
                }
            }
            // A quantity that was written as a number is shown as text.
            (ValueType::StringOrNumber, Value::Number(number)) => {
                let text = number.to_string();
                Ok(canonical(&text).unwrap_or(text).into())
            }
            (_, value) => Err(self.wrong(schema, &value)),
        }
    }

    fn object(
        &mut self,
        schema: &Schema,
        name: &str,
        map: Map<String, Value>,
    ) -> Result<Value, TypeError> {
        let values = schema.values();
        let length = self.path.len();
        let known = self.fields.len();
        let outer = std::mem::replace(&mut self.holder, name.to_owned());
        let mut read = Map::new();
        for (field, value) in map {
            let own = schema.field(&field);
            if own.is_some() {
                if known > 0 {
                    self.fields.push('.');
                }
                self.fields.push_str(&field);
            }
            let inner = own.or_else(|| values.clone());
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&field);
            match inner {
                None if schema.is_preserving_unknown() => {
                    read.insert(field, value);
                }
                None => self.unknown.push(self.path.clone()),
                Some(inner) if value.is_null() => {
                    // Go reads null as the zero value: of a map entry that is kept, a field is left out.
                    if values.is_some() {
                        read.insert(field, zero(&inner));
                    }
                }
                Some(inner) => {
                    if name.is_empty() {
                        self.holder.clone_from(&outer);
                    }
                    let value = self.read(&inner, value)?;
                    if !omit::leaves_out(schema, name, &field, &inner, &value) {
                        read.insert(field, value);
                    }
                }
            }
            self.path.truncate(length);
            self.fields.truncate(known);
        }
        self.holder = outer;
        Ok(Value::Object(read))
    }

    fn array(&mut self, schema: &Schema, items: Vec<Value>) -> Result<Value, TypeError> {
        let Some(inner) = schema.items() else {
            return Ok(Value::Array(items));
        };
        let length = self.path.len();
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            self.path.push_str(&format!("[{index}]"));
            read.push(if item.is_null() {
                zero(&inner)
            } else {
                self.read(&inner, item)?
            });
            self.path.truncate(length);
        }
        Ok(Value::Array(read))
    }

    fn text(&self, schema: &Schema, name: &str, text: String) -> Result<Value, TypeError> {
        if schema.format() == Some("byte")
            && let Some(place) = corrupt_at(text.as_bytes())
        {
            return Err(TypeError::Unreadable(format!(
                "illegal base64 data at input byte {place}"
            )));
        }
        if matches!(name, "Time" | "MicroTime")
            && !text.is_empty()
            && text.parse::<jiff::Timestamp>().is_err()
        {
            return Err(TypeError::Unreadable(format!(
                "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""
            )));
        }
        if name == "MicroTime"
            && let Some(rest) = text.get(SECONDS..)
            && !is_micro(rest)
        {
            return Err(TypeError::Unreadable(format!(
                "parsing time {text:?} as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse {rest:?} as \".000000\""
            )));
        }
        Ok(Value::String(text))
    }

    fn wrong(&self, schema: &Schema, value: &Value) -> TypeError {
        let (word, kind) = match value {
            Value::Null => ("null".to_owned(), "invalid"),
            Value::Bool(_) => ("bool".to_owned(), "bool"),
            Value::Number(number) if schema.value_type() == ValueType::Integer => {
                (format!("number {number}"), "float64")
            }
            Value::Number(_) => ("number".to_owned(), "int64"),
            Value::String(_) => ("string".to_owned(), "string"),
            Value::Array(_) => ("array".to_owned(), "slice"),
            Value::Object(_) => ("object".to_owned(), "map"),
        };
        let wanted = go_type(schema);
        let conversion = match schema.value_type() {
            ValueType::Object if schema.values().is_some() => {
                format!("cannot restore map from {kind}")
            }
            ValueType::Object => format!("cannot restore struct from: {kind}"),
            ValueType::Array => format!("cannot restore slice from {kind}"),
            // Go would take the number as a character, which the converter does not let it.
            ValueType::String if value.is_i64() || value.is_u64() => {
                "cannot convert int64 to string".to_owned()
            }
            _ => format!("unrecognized type: {wanted}"),
        };
        TypeError::Mismatch {
            word,
            field: format!("{}.{}", self.holder, self.fields),
            wanted,
            conversion,
        }
    }
}

const QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// Whether a text is a quantity: a decimal number with a suffix of ours or an exponent.
fn is_quantity(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let has_digit = number.bytes().any(|byte| byte.is_ascii_digit());
    let dots = number.bytes().filter(|byte| *byte == b'.').count();
    let is_suffix = matches!(
        suffix,
        "" | "n"
            | "u"
            | "m"
            | "k"
            | "M"
            | "G"
            | "T"
            | "P"
            | "E"
            | "Ki"
            | "Mi"
            | "Gi"
            | "Ti"
            | "Pi"
            | "Ei"
    ) || suffix
        .strip_prefix(['e', 'E'])
        .is_some_and(|exponent| exponent.parse::<i32>().is_ok());
    has_digit && dots <= 1 && is_suffix
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        // Some writers say 3.0; beyond 2^53 a float is not exact any more.
        (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then_some(float as i64)
    })
}

fn zero(schema: &Schema) -> Value {
    match schema.value_type() {
        ValueType::Object => Value::Object(Map::new()),
        ValueType::Array => Value::Array(Vec::new()),
        ValueType::Boolean => false.into(),
        ValueType::Integer | ValueType::Number | ValueType::IntOrString => 0.into(),
        ValueType::String => "".into(),
        ValueType::StringOrNumber => "0".into(),
        ValueType::Any => Value::Null,
    }
}

/// The last part of a definition's name, such as `PodSpec`.
fn short_name(schema: &Schema) -> String {
    schema
        .reference()
        .and_then(|name| name.rsplit('.').next())
        .unwrap_or_default()
        .to_owned()
}

fn go_type(schema: &Schema) -> String {
    if let Some(reference) = schema.reference() {
        let mut parts = reference.rsplit('.');
        let name = parts.next().unwrap_or_default();
        let package = parts.next().unwrap_or_default();
        return format!("{package}.{name}");
    }
    match schema.value_type() {
        ValueType::String if schema.format() == Some("byte") => "[]uint8".to_owned(),
        ValueType::String => "string".to_owned(),
        ValueType::Boolean => "bool".to_owned(),
        ValueType::Integer => schema.format().unwrap_or("int64").to_owned(),
        ValueType::Number => "float64".to_owned(),
        ValueType::Array => format!(
            "[]{}",
            schema
                .items()
                .map_or_else(|| "interface {}".to_owned(), |items| go_type(&items))
        ),
        ValueType::Object => format!(
            "map[string]{}",
            schema
                .values()
                .map_or_else(|| "interface {}".to_owned(), |values| go_type(&values))
        ),
        ValueType::IntOrString => "intstr.IntOrString".to_owned(),
        ValueType::StringOrNumber => "resource.Quantity".to_owned(),
        ValueType::Any => "interface {}".to_owned(),
    }
}

/// Where Go finds a text not to be base64; line breaks are skipped, spare bits are not looked at.
fn corrupt_at(text: &[u8]) -> Option<usize> {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut left = text
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'))
        .peekable();
    while left.peek().is_some() {
        for place in 0..4 {
            match left.next() {
                None => return Some(text.len() - place),
                Some((_, byte)) if is_digit(byte) => {}
                Some((_, b'=')) if place >= 2 => {
                    // Two digits need two signs, and nothing may follow.
                    if place == 2 {
                        match left.next() {
                            Some((_, b'=')) => {}
                            // Go names the sign before the one that is wrong.
                            Some((at, _)) => return Some(at - 1),
                            None => return Some(text.len()),
                        }
                    }
                    return left.next().map(|(at, _)| at);
                }
                Some((at, _)) => return Some(at),
            }
        }
    }
    None
}

/// Characters of a time up to its seconds.
const SECONDS: usize = "2006-01-02T15:04:05".len();

/// Whether what follows the seconds begins with six digits of a fraction.
fn is_micro(rest: &str) -> bool {
    let fraction = rest.strip_prefix('.').unwrap_or_default();
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    digits == 6
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Gvk;

    fn deployment(spec: Value) -> Result<Typed, TypeError> {
        let schema = Schema::of(&Gvk::new("apps", "v1", "Deployment")).unwrap();
        typed(
            &schema,
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}),
        )
    }

    #[test]
    fn unknown_fields_are_dropped_and_told() {
        let spec = json!({"replicas": 1, "x": 1, "paused": null,
            "template": {"spec": {"containers": [{"name": "a", "imag": "b"}]}}});
        let typed = deployment(spec).unwrap();
        assert_eq!(
            typed.unknown,
            ["spec.template.spec.containers[0].imag", "spec.x"]
        );
        assert_eq!(
            typed.value["spec"],
            json!({"replicas": 1, "template": {"spec": {"containers": [{"name": "a"}]}}})
        );
    }

    #[test]
    fn wrong_types_are_told_in_the_words_of_go() {
        let cases = [
            (
                json!({"replicas": "three"}),
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"template": {"spec": {"containers": {"name": "a"}}}}),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            ),
        ];
        for (spec, text) in cases {
            assert_eq!(deployment(spec).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn quantities_have_their_form() {
        for good in ["1", "0.5", "100m", "1Gi", "1e3", "1E-3", "+2", ".5"] {
            assert!(is_quantity(good), "{good}");
        }
        for wrong in ["", "x", "1gi", "1.2.3", "1 Gi", "m"] {
            assert!(!is_quantity(wrong), "{wrong}");
        }
    }

    #[test]
    fn broken_base64_is_told_by_its_place() {
        for (text, at) in [
            ("YWJj", None),
            ("YQ==\n", None),
            ("", None),
            ("YQ=!", Some(2)),
            ("!", Some(0)),
            ("YWJjYW", Some(4)),
            ("YQ==YQ==", Some(4)),
        ] {
            assert_eq!(corrupt_at(text.as_bytes()), at, "{text}");
        }
    }
}
