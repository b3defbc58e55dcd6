//! From the bytes of a file to the resources in it.

use std::collections::VecDeque;

use serde_json::Value;

use super::{error::BuildError, resource::Resource, schema::Schema, trace::Trace};
use crate::object::yaml::{self, Dialect, DuplicateKeys, ReadOptions, YamlError};

/// Reads the resources of a text; lists of resources are taken apart.
pub(super) fn resources(bytes: &[u8], schema: &Schema) -> Result<Vec<Resource>, ParseError> {
    let mut documents = yaml::read(bytes, &options()).map_err(ParseError::Yaml)?;
    // The original takes the first JSON value only.
    if documents.first().is_some_and(|first| first.is_json) {
        let mut json = 0;
        documents.retain(|document| {
            json += usize::from(document.is_json);
            !document.is_json || json == 1
        });
    }
    let mut waiting = VecDeque::new();
    for document in documents {
        let line = document.line;
        waiting.extend(checked(document.value, line)?.map(|value| (line, value)));
    }
    let mut found = Vec::new();
    while let Some((line, value)) = waiting.pop_front() {
        let kind = text(&value, "kind").to_owned();
        if !kind.ends_with("List") {
            found.push((line, value));
            continue;
        }
        match value.get("items") {
            None => found.push((line, value)),
            Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for item in items {
                    let item = checked(item.clone(), line)?;
                    waiting.extend(item.map(|value| (line, value)));
                }
            }
            Some(_) => {
                let error = BuildError::new(format!(
                    "expected array in {kind}/items, but found another type"
                ));
                return Err(ParseError::Content(error, line));
            }
        }
    }
    let made = found.into_iter().map(|(line, value)| {
        let mut resource = Resource::new(value, schema);
        resource.line = line;
        resource
    });
    Ok(made.collect())
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
    Content(BuildError, usize),
}

impl ParseError {
    /// The error of a file.
    pub(super) fn in_file(self, file: &str) -> BuildError {
        match self {
            Self::Yaml(error) => BuildError::malformed(format!("yaml: {error}"), file),
            Self::Content(error, _) => error,
        }
    }

    /// The line where it is wrong.
    pub(super) fn line(&self) -> usize {
        match self {
            Self::Yaml(error) => error.position().line,
            Self::Content(_, line) => *line,
        }
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A document that is a resource; an empty one is none.
fn checked(value: Value, line: usize) -> Result<Option<Value>, ParseError> {
    match &value {
        Value::Null => return Ok(None),
        Value::Object(fields) if fields.is_empty() => return Ok(None),
        Value::Object(_) => {}
        _ => {
            let error = BuildError::new("missing Resource metadata");
            return Err(ParseError::Content(error, line));
        }
    }
    check_names(&value).map_err(|error| ParseError::Content(error, line))?;
    Ok(Some(value))
}

/// Fails where a resource lacks its kind or its name.
pub(super) fn check_names(value: &Value) -> Result<(), BuildError> {
    let field = |field: &str| value.get("metadata").and_then(|inner| inner.get(field));
    let metadata = |name: &str| {
        field(name)
            .filter(|found| !found.is_null())
            .map(super::scalar::text)
            .unwrap_or_default()
    };
    let (kind, name) = (text(value, "kind"), metadata("name"));
    let missing = if kind.is_empty() {
        "kind"
    } else if name.is_empty() && !kind.ends_with("List") {
        "metadata.name"
    } else {
        return Ok(());
    };
    // As Go prints maps.
    let map = |name: &str| {
        let pairs = field(name).and_then(Value::as_object).into_iter().flatten();
        let pairs: Vec<String> = pairs
            .map(|(key, value)| format!("{key}:{}", super::scalar::text(value)))
            .collect();
        format!("map[{}]", pairs.join(" "))
    };
    Err(BuildError::new(format!(
        "missing {missing} in object {{{{{} {kind}}} {{{{{name} {}}} {} {}}}}}",
        text(value, "apiVersion"),
        metadata("namespace"),
        map("labels"),
        map("annotations")
    )))
}
