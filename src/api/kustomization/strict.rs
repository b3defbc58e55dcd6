//! Reading a kustomization file as strictly as kustomize does: unknown fields and wrong types are errors, and
//! names count in any case.

use serde_json::{Map, Value};

use super::{
    fields::Kustomization,
    shape::{self, Shape, Struct},
};
use crate::{
    api::go_json::kind_of,
    object::yaml::{ReadOptions, YamlError, read as read_yaml},
};

/// Why a kustomization file cannot be read, in kustomize's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KustomizationError {
    /// It is no YAML.
    #[error("invalid Kustomization: {0}")]
    Yaml(#[from] YamlError),
    /// A field that nobody knows.
    #[error("invalid Kustomization: json: unknown field \"{name}\"")]
    UnknownField {
        /// Its name.
        name: String,
        /// Where it stands, as a JSON pointer.
        pointer: String,
    },
    /// A field that is not of its type.
    #[error(
        "invalid Kustomization: json: cannot unmarshal {found} into Go struct field {field} of type {wanted}"
    )]
    Type {
        /// What it is.
        found: &'static str,
        /// Where it stands.
        field: String,
        /// What it has to be.
        wanted: String,
        /// Where it stands, as a JSON pointer.
        pointer: String,
    },
    /// The file is a list or a scalar.
    #[error(
        "invalid Kustomization: json: cannot unmarshal {0} into Go value of type types.Kustomization"
    )]
    NotMap(&'static str),
    /// No field is set.
    #[error("kustomization.yaml is empty")]
    Empty,
}

impl KustomizationError {
    /// Where in the file it is wrong: the line, from 1, and the field, as far as they are known.
    pub fn place(&self, bytes: &[u8]) -> (Option<usize>, String) {
        match self {
            Self::Yaml(error) => (Some(error.position().line), String::new()),
            Self::UnknownField { pointer, .. } | Self::Type { pointer, .. } => {
                (line_of(bytes, pointer), field_of(pointer))
            }
            Self::NotMap(_) | Self::Empty => (None, String::new()),
        }
    }
}

/// The line of a field of the first document, from 1.
pub fn line_of(bytes: &[u8], pointer: &str) -> Option<usize> {
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    let documents = read_yaml(bytes, &options).ok()?;
    let found = documents.first()?.place(pointer)?;
    Some(found.key.unwrap_or(found.value).line)
}

/// A pointer as people write fields: `/images/0/newTag` is `images[0].newTag`.
fn field_of(pointer: &str) -> String {
    let mut text = String::new();
    for word in pointer.split('/').skip(1) {
        if word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty() {
            text.push_str(&format!("[{word}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&word.replace("~1", "/").replace("~0", "~"));
        }
    }
    text
}

/// A kustomization file and what is to be said about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// The file, with the deprecated fields `bases`, `imageTags` and `env` moved to their successors.
    pub kustomization: Kustomization,
    /// Notes on deprecated fields, for standard error.
    pub notes: Vec<String>,
}

const EDIT_FIX: &str = "Run 'kustomize edit fix' to update your Kustomization automatically.";

/// Deprecated fields, and what to use instead.
const DEPRECATED: &[(&str, &str, &str)] = &[
    ("bases", "resources", ""),
    ("commonLabels", "labels", ""),
    ("imageTags", "images", ""),
    ("patchesJson6902", "patches", ""),
    ("patchesStrategicMerge", "patches", ""),
    ("vars", "replacements", "[EXPERIMENTAL] "),
];

/// Reads a kustomization file.
///
/// # Errors
/// [`KustomizationError`] in kustomize's words.
pub fn read(bytes: &[u8]) -> Result<Read, KustomizationError> {
    let value = read_yaml(bytes, &ReadOptions::default())?
        .into_iter()
        .next()
        .map_or(Value::Null, |document| document.value);
    let fields = match value {
        Value::Null => Map::new(),
        Value::Object(fields) => fields,
        other => return Err(KustomizationError::NotMap(kind_of(&other))),
    };
    let fields = strict(fields, &shape::KUSTOMIZATION, "", "")?;
    let notes = DEPRECATED
        .iter()
        .filter(|(field, ..)| fields.contains_key(*field))
        .map(|(field, instead, mark)| {
            format!("# Warning: '{field}' is deprecated. Please use '{instead}' instead. {mark}{EDIT_FIX}")
        })
        .collect();
    let is_empty = fields
        .keys()
        .all(|field| matches!(field.as_str(), "apiVersion" | "kind"));
    let mut kustomization: Kustomization =
        serde_json::from_value(Value::Object(fields)).unwrap_or_default();
    if is_empty {
        return Err(KustomizationError::Empty);
    }
    let bases = std::mem::take(&mut kustomization.bases);
    kustomization.resources.extend(bases);
    let tags = std::mem::take(&mut kustomization.image_tags);
    kustomization.images.extend(tags);
    let generators = kustomization
        .config_map_generator
        .iter_mut()
        .chain(&mut kustomization.secret_generator);
    for generator in generators {
        if !generator.env.is_empty() {
            let env = std::mem::take(&mut generator.env);
            generator.envs.push(env);
        }
    }
    Ok(Read {
        kustomization,
        notes,
    })
}

/// Reads entries of `replacements` as a file of its own holds them; there unknown fields mean nothing.
///
/// # Errors
/// [`KustomizationError`] in kustomize's words.
pub fn replacements(value: Value) -> Result<Vec<super::Replacement>, KustomizationError> {
    let list = match value {
        Value::Array(list) => list,
        other => vec![other],
    };
    let shape = Shape::Structs(&shape::REPLACEMENT);
    let mut list = Value::Array(list);
    prune(&mut list, shape);
    let read = conform(list, shape, ("Replacement", "", ""))?;
    Ok(serde_json::from_value(read).unwrap_or_default())
}

/// Takes out the fields that nobody knows.
fn prune(value: &mut Value, shape: Shape) {
    match (shape, value) {
        (Shape::Structs(known), Value::Array(items)) => {
            for item in items {
                prune(item, Shape::Struct(known));
            }
        }
        (Shape::Struct(known), Value::Object(fields)) => {
            fields.retain(|name, value| {
                let found = known
                    .fields
                    .iter()
                    .find(|(field, _)| field.eq_ignore_ascii_case(name));
                if let Some((_, shape)) = found {
                    prune(value, *shape);
                }
                found.is_some()
            });
        }
        _ => {}
    }
}

/// Checks the fields and spells them as they are defined.
fn strict(
    fields: Map<String, Value>,
    known: &'static Struct,
    place: &str,
    pointer: &str,
) -> Result<Map<String, Value>, KustomizationError> {
    let mut read = Map::new();
    for (name, value) in fields {
        let found = known
            .fields
            .iter()
            .find(|(field, _)| *field == name)
            .or_else(|| {
                let same = |field: &str| field.to_lowercase() == name.to_lowercase();
                known.fields.iter().find(|(field, _)| same(field))
            });
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let Some((field, shape)) = found else {
            return Err(KustomizationError::UnknownField { name, pointer });
        };
        if value.is_null() {
            continue;
        }
        let place = if place.is_empty() {
            (*field).to_owned()
        } else {
            format!("{place}.{field}")
        };
        read.insert(
            (*field).to_owned(),
            conform(value, *shape, (known.name, &place, &pointer))?,
        );
    }
    Ok(read)
}

/// A value of its type; the place is the map that holds it, its path, and its pointer.
fn conform(
    value: Value,
    shape: Shape,
    place: (&str, &str, &str),
) -> Result<Value, KustomizationError> {
    let wrong = |value: &Value, wanted: String| KustomizationError::Type {
        found: kind_of(value),
        field: format!("{}.{}", place.0, place.1),
        wanted,
        pointer: place.2.to_owned(),
    };
    match (shape, value) {
        (Shape::Text, value @ Value::String(_))
        | (Shape::Bool, value @ Value::Bool(_))
        | (Shape::Map, value @ Value::Object(_)) => Ok(value),
        (Shape::Whole, Value::Number(number)) if number.is_i64() => Ok(Value::Number(number)),
        (Shape::Texts, Value::Object(fields)) => {
            let fields = fields.into_iter().map(|(key, value)| match value {
                Value::Null => Ok((key, Value::String(String::new()))),
                value => {
                    let pointer = format!("{}/{key}", place.2);
                    let place = (place.0, place.1, pointer.as_str());
                    conform(value, Shape::Text, place).map(|value| (key, value))
                }
            });
            fields
                .collect::<Result<Map<String, Value>, _>>()
                .map(Value::Object)
        }
        (Shape::List, Value::Array(items)) => {
            let items = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| match item {
                    Value::Null => Ok(Value::String(String::new())),
                    item => {
                        let pointer = format!("{}/{index}", place.2);
                        conform(item, Shape::Text, (place.0, place.1, &pointer))
                    }
                });
            items.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (Shape::Struct(known), Value::Object(fields)) => {
            strict(fields, known, place.1, place.2).map(Value::Object)
        }
        (Shape::Structs(known), Value::Array(items)) => {
            let items = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| match item {
                    Value::Null => Ok(Value::Object(Map::new())),
                    item => {
                        let pointer = format!("{}/{index}", place.2);
                        conform(item, Shape::Struct(known), (place.0, place.1, &pointer))
                    }
                });
            items.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (shape, value) => Err(wrong(&value, shape.go_name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_in_any_case_and_unknown_ones_are_refused() {
        let found = read(b"NAMEPREFIX: a-\nBases: [b]\n").unwrap();
        assert_eq!(found.kustomization.name_prefix, "a-");
        assert_eq!(found.kustomization.resources, ["b"]);
        assert_eq!(found.notes.len(), 1);
        for (text, message) in [
            ("nope: 1", "json: unknown field \"nope\""),
            (
                "resources: a.yaml",
                "json: cannot unmarshal string into Go struct field Kustomization.resources of type []string",
            ),
            (
                "images: [{newTag: 1}]",
                "json: cannot unmarshal number into Go struct field",
            ),
            (
                "commonLabels: {x: yes}",
                "json: cannot unmarshal bool into Go struct field",
            ),
            ("kind: Kustomization", "kustomization.yaml is empty"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
