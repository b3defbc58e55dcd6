//! The `Secret` of the core API, read the way Go reads one for sealing, with its values hidden.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    base64::{self, Base64Error},
    go_json::kind_of,
    metadata::Metadata,
};
use crate::secret::Hidden;

/// How a document was written, for that decides what Go takes for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// A number or a boolean is no text.
    Json,
    /// A number or a boolean becomes a text where one is wanted (`sigs.k8s.io/yaml`).
    Yaml,
}

/// Why a document cannot be read as a Secret; the messages are Go's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// A field is not of its type.
    #[error("json: cannot unmarshal {found} into Go struct field {field} of type {wanted}")]
    Field {
        /// What is there, such as `number`.
        found: &'static str,
        /// Struct and path, such as `Secret.data`.
        field: &'static str,
        /// Go's name of the type.
        wanted: &'static str,
    },
    /// The document is not a map.
    #[error("json: cannot unmarshal {0} into Go value of type v1.Secret")]
    NotMap(&'static str),
    /// A value of `data` is no base64.
    #[error(transparent)]
    Base64(#[from] Base64Error),
}

/// A plain Secret: every value is hidden, `stringData` already stands over `data`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Secret {
    /// Metadata as written.
    pub metadata: Metadata,
    /// `type`, empty when absent.
    pub secret_type: String,
    /// `immutable`.
    pub immutable: Option<bool>,
    /// Items by name, decoded.
    pub data: BTreeMap<String, Hidden<Vec<u8>>>,
}

impl Secret {
    /// Reads a document without looking at its kind, as upstream does when sealing.
    ///
    /// # Errors
    /// [`SecretError`] in Go's words.
    pub fn from_value(value: Value, notation: Notation) -> Result<Self, SecretError> {
        let mut root = match value {
            Value::Object(root) => root,
            other => return Err(SecretError::NotMap(kind_of(&other))),
        };
        let reader = Reader { notation };
        for field in ["kind", "apiVersion"] {
            if let Some(value) = root.remove(field) {
                reader.text(
                    value,
                    if field == "kind" {
                        "Secret.kind"
                    } else {
                        "Secret.apiVersion"
                    },
                )?;
            }
        }
        let metadata = reader.metadata(root.remove("metadata"))?;
        let immutable = match root.remove("immutable") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(immutable)) => Some(immutable),
            Some(other) => return Err(reader.wrong(&other, "Secret.immutable", "bool")),
        };
        let mut data = BTreeMap::new();
        for (name, value) in reader.map(root.remove("data"), "Secret.data", "map[string][]uint8")? {
            let bytes = match value {
                Value::Null => Vec::new(),
                Value::String(text) => {
                    let text = Hidden::new(text);
                    base64::decode(text.expose())?
                }
                other => return Err(reader.wrong(&other, "Secret.data", "[]uint8")),
            };
            data.insert(name, Hidden::new(bytes));
        }
        let texts = root.remove("stringData");
        for (name, value) in reader.map(texts, "Secret.stringData", "map[string]string")? {
            let text = reader.text(value, "Secret.stringData")?;
            data.insert(name, Hidden::new(text.into_bytes()));
        }
        let secret_type = match root.remove("type") {
            Some(value) => reader.text(value, "Secret.type")?,
            None => String::new(),
        };
        Ok(Self {
            metadata,
            secret_type,
            immutable,
            data,
        })
    }

    /// The manifest as a value, in plain: for the one who may see it only.
    pub fn to_value(&self) -> Value {
        let mut root = Map::new();
        root.insert("kind".into(), "Secret".into());
        root.insert("apiVersion".into(), "v1".into());
        root.insert("metadata".into(), self.metadata.to_value());
        if let Some(immutable) = self.immutable {
            root.insert("immutable".into(), immutable.into());
        }
        if !self.data.is_empty() {
            let items = self.data.iter();
            let items =
                items.map(|(name, value)| (name.clone(), base64::encode(value.expose()).into()));
            root.insert("data".into(), Value::Object(items.collect()));
        }
        if !self.secret_type.is_empty() {
            root.insert("type".into(), self.secret_type.as_str().into());
        }
        Value::Object(root)
    }
}

/// Text fields of metadata, with Go's path of each.
const METADATA_TEXTS: &[(&str, &str)] = &[
    ("name", "ObjectMeta.metadata.name"),
    ("generateName", "ObjectMeta.metadata.generateName"),
    ("namespace", "ObjectMeta.metadata.namespace"),
    ("selfLink", "ObjectMeta.metadata.selfLink"),
    ("uid", "ObjectMeta.metadata.uid"),
    ("resourceVersion", "ObjectMeta.metadata.resourceVersion"),
];

/// Maps of texts of metadata, with Go's path of each.
const METADATA_MAPS: &[(&str, &str)] = &[
    ("labels", "ObjectMeta.metadata.labels"),
    ("annotations", "ObjectMeta.metadata.annotations"),
];

struct Reader {
    notation: Notation,
}

impl Reader {
    fn wrong(&self, found: &Value, field: &'static str, wanted: &'static str) -> SecretError {
        SecretError::Field {
            found: kind_of(found),
            field,
            wanted,
        }
    }

    fn text(&self, value: Value, field: &'static str) -> Result<String, SecretError> {
        match (value, self.notation) {
            (Value::String(text), _) => Ok(text),
            (Value::Null, _) => Ok(String::new()),
            (Value::Bool(truth), Notation::Yaml) => Ok(truth.to_string()),
            (Value::Number(number), Notation::Yaml) => Ok(number.to_string()),
            (other, _) => Err(self.wrong(&other, field, "string")),
        }
    }

    fn map(
        &self,
        value: Option<Value>,
        field: &'static str,
        wanted: &'static str,
    ) -> Result<Map<String, Value>, SecretError> {
        match value {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map),
            Some(other) => Err(self.wrong(&other, field, wanted)),
        }
    }

    fn metadata(&self, value: Option<Value>) -> Result<Metadata, SecretError> {
        let mut map = self.map(value, "Secret.metadata", "v1.ObjectMeta")?;
        for (name, field) in METADATA_TEXTS {
            if let Some(value) = map.remove(*name) {
                let text = self.text(value, field)?;
                if !text.is_empty() {
                    map.insert((*name).to_owned(), text.into());
                }
            }
        }
        for (name, field) in METADATA_MAPS {
            let entries = self.map(map.remove(*name), field, "map[string]string")?;
            if entries.is_empty() {
                continue;
            }
            let texts = entries
                .into_iter()
                .map(|(name, value)| Ok((name, self.text(value, field)?.into())))
                .collect::<Result<Map<_, _>, SecretError>>()?;
            map.insert((*name).to_owned(), Value::Object(texts));
        }
        Ok(Metadata::from_value(Some(Value::Object(map))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value, notation: Notation) -> Result<Secret, String> {
        Secret::from_value(value, notation).map_err(|error| error.to_string())
    }

    #[test]
    fn string_data_stands_over_data() {
        let secret = read(
            json!({"data": {"a": "YQ==", "b": null}, "stringData": {"a": "x"}}),
            Notation::Json,
        )
        .unwrap();
        assert_eq!(secret.data["a"].expose(), b"x");
        assert_eq!(secret.data["b"].expose(), b"");
    }

    #[test]
    fn yaml_takes_scalars_for_texts_and_json_does_not() {
        let value = json!({"metadata": {"name": 7}, "stringData": {"a": true}});
        let secret = read(value.clone(), Notation::Yaml).unwrap();
        assert_eq!(secret.metadata.name(), "7");
        assert_eq!(secret.data["a"].expose(), b"true");
        assert_eq!(
            read(value, Notation::Json).unwrap_err(),
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"
        );
    }

    #[test]
    fn errors_say_no_value() {
        for (value, text) in [
            (
                json!({"data": {"a": 7}}),
                "json: cannot unmarshal number into Go struct field Secret.data of type []uint8",
            ),
            (
                json!({"data": {"a": "***"}}),
                "illegal base64 data at input byte 0",
            ),
            (
                json!("planted"),
                "json: cannot unmarshal string into Go value of type v1.Secret",
            ),
        ] {
            assert_eq!(read(value, Notation::Yaml).unwrap_err(), text);
        }
    }
}
