//! From the bytes of a file to the resources in it.

use serde_json::Value;

use super::{error::BuildError, resource::Resource, schema::Schema, trace::Trace};
use crate::object::yaml::{self, Dialect, DuplicateKeys, ReadOptions, YamlError};

/// Reads the resources of a text; lists of resources are taken apart.
pub(super) fn resources(bytes: &[u8], schema: &Schema) -> Result<Vec<Resource>, ParseError> {
    let documents = yaml::read(bytes, &options()).map_err(ParseError::Yaml)?;
    let mut waiting = Vec::new();
    for document in documents {
        waiting.extend(checked(document.value)?);
    }
    let mut found = Vec::new();
    let mut waiting = std::collections::VecDeque::from(waiting);
    while let Some(value) = waiting.pop_front() {
        let kind = text(&value, "kind").to_owned();
        if !kind.ends_with("List") {
            found.push(value);
            continue;
        }
        match value.get("items") {
            None => found.push(value),
            Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for item in items {
                    waiting.extend(checked(item.clone())?);
                }
            }
            Some(_) => {
                return Err(ParseError::Content(BuildError::new(format!(
                    "expected array in {kind}/items, but found another type"
                ))));
            }
        }
    }
    Ok(found
        .into_iter()
        .map(|value| Resource::new(value, schema))
        .collect())
}

/// Lets the resources of a file remember where it has their fields. Entries of lists have no lines.
pub(super) fn trace(resources: &mut [Resource], bytes: &[u8], file: &str) {
    let options = ReadOptions {
        positions: true,
        ..options()
    };
    let documents = yaml::read(bytes, &options).unwrap_or_default();
    let nothing = yaml::Document {
        value: Value::Null,
        line: 1,
        is_json: false,
        places: None,
    };
    for resource in resources {
        let found = documents
            .iter()
            .find(|document| document.value == resource.value)
            .unwrap_or(&nothing);
        resource.trace = Some(Box::new(Trace::of_file(&resource.value, file, found)));
    }
}

/// How files with resources are read.
fn options() -> ReadOptions {
    ReadOptions {
        dialect: Dialect::Kustomize,
        duplicate_keys: DuplicateKeys::Refuse,
        ..ReadOptions::default()
    }
}

/// Why a text holds no resources.
#[derive(Debug)]
pub(super) enum ParseError {
    /// It is no YAML.
    Yaml(YamlError),
    /// It is YAML, but no resource.
    Content(BuildError),
}

impl ParseError {
    /// The error of a file.
    pub(super) fn in_file(self, file: &str) -> BuildError {
        match self {
            Self::Yaml(error) => BuildError::malformed(format!("yaml: {error}"), file),
            Self::Content(error) => error,
        }
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A document that is a resource; an empty one is none.
fn checked(value: Value) -> Result<Option<Value>, ParseError> {
    let wrong = |message: String| Err(ParseError::Content(BuildError::new(message)));
    let Value::Object(fields) = &value else {
        return match &value {
            Value::Null => Ok(None),
            _ => wrong("missing Resource metadata".to_owned()),
        };
    };
    if fields.is_empty() {
        return Ok(None);
    }
    let metadata = |field: &str| {
        let metadata = value.get("metadata");
        metadata
            .and_then(|metadata| metadata.get(field))
            .filter(|found| !found.is_null())
            .map(super::scalar::text)
            .unwrap_or_default()
    };
    let (kind, name) = (text(&value, "kind"), metadata("name"));
    let described = || {
        format!(
            "{{{{{} {kind}}} {{{{{name} {}}} map[] map[]}}}}",
            text(&value, "apiVersion"),
            metadata("namespace")
        )
    };
    if kind.is_empty() {
        return wrong(format!("missing kind in object {}", described()));
    }
    if name.is_empty() && !kind.ends_with("List") {
        return wrong(format!("missing metadata.name in object {}", described()));
    }
    Ok(Some(value))
}
