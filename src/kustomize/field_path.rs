//! Walking to the fields that a field spec names (kustomize's `filters/fieldspec`).

use serde_json::{Map, Value};

use super::{error::BuildError, resource::Resource, scalar};
use crate::api::kustomization::FieldSpec;

/// What is made where the field is missing, if the spec allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Create {
    /// Nothing.
    Nothing,
    /// A scalar, which is null until it is set.
    Scalar,
    /// An empty map.
    Map,
}

/// Splits a path at a letter; a backslash in front of it makes it part of the word.
pub(super) fn split(path: &str, at: char) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut joins = false;
    let path = match path.strip_prefix(at) {
        Some(rest) if path.len() > at.len_utf8() => rest,
        _ => path,
    };
    for piece in path.split(at) {
        match words.last_mut() {
            Some(last) if joins => {
                last.pop();
                last.push(at);
                last.push_str(piece);
            }
            _ => words.push(piece.to_owned()),
        }
        joins = piece.ends_with('\\');
    }
    words
}

/// Calls `set` on each field of a resource that the spec names.
pub(super) fn visit(
    resource: &mut Resource,
    spec: &FieldSpec,
    create: Create,
    set: &mut dyn FnMut(&mut Value) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    let takes = |asked: &str, own: &str| asked.is_empty() || asked == own;
    if !takes(&spec.kind, resource.kind()) {
        return Ok(());
    }
    let (group, version) = match resource.api_version().split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", resource.api_version()),
    };
    if !takes(&spec.group, group) || !takes(&spec.version, version) {
        return Ok(());
    }
    let words = split(&spec.path, '/');
    let create = if spec.create { create } else { Create::Nothing };
    visit_words(resource, &spec.path, &words, create, set)
}

/// Calls `set` on each field of a resource at a path that is split already; the path itself is for messages.
pub(super) fn visit_words(
    resource: &mut Resource,
    path: &str,
    words: &[String],
    create: Create,
    set: &mut dyn FnMut(&mut Value) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    walk(&mut resource.value, words, create, set).map_err(|error| {
        error.under(format!(
            "considering field '{path}' of object {}",
            resource.id()
        ))
    })
}

fn walk(
    value: &mut Value,
    path: &[String],
    create: Create,
    set: &mut dyn FnMut(&mut Value) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    let Some((first, rest)) = path.split_first() else {
        return set(value);
    };
    let fields = match value {
        Value::Null => return Ok(()),
        Value::Array(items) => {
            return items
                .iter_mut()
                .try_for_each(|item| walk(item, path, create, set))
                .map_err(|error| {
                    error.under(format!("visit traversal on path: [{}]", path.join(" ")))
                });
        }
        Value::Object(fields) => fields,
        _ => return Err(BuildError::new("expected sequence or mapping node")),
    };
    let (name, is_list) = match first.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (first.as_str(), false),
    };
    if name.is_empty() {
        return Err(BuildError::new("cannot set or create an empty field name"));
    }
    let made = match create {
        _ if is_list => None,
        Create::Nothing => None,
        Create::Scalar if rest.is_empty() => Some(Value::Null),
        _ => Some(Value::Object(Map::new())),
    };
    if let Some(made) = made {
        let field = fields.entry(name).or_insert(Value::Null);
        if field.is_null() {
            *field = made;
        }
        return walk(field, rest, create, set);
    }
    let Some(field) = fields.get_mut(name) else {
        return Ok(());
    };
    if is_list && field.is_null() {
        *field = Value::Array(Vec::new());
    }
    walk(field, rest, create, set)
}

/// Sets one entry of a map that a field spec leads to.
pub(super) fn set_entry(value: &mut Value, key: &str, text: &str) -> Result<(), BuildError> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    let kind = scalar::node_kind(value);
    let Some(fields) = value.as_object_mut() else {
        return Err(BuildError::new(format!(
            "wrong node kind: expected MappingNode but got {kind}"
        )));
    };
    fields.insert(key.to_owned(), Value::String(text.to_owned()));
    Ok(())
}

/// Sets a scalar that a field spec leads to.
pub(super) fn set_scalar(value: &mut Value, text: &str) -> Result<(), BuildError> {
    if !scalar::is_scalar(value) {
        return Err(BuildError::new(format!(
            "wrong node kind: expected ScalarNode but got {}",
            scalar::node_kind(value)
        )));
    }
    *value = Value::String(text.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_backslash_keeps_words_together() {
        assert_eq!(split("a/b", '/'), ["a", "b"]);
        assert_eq!(
            split("metadata/annotations/x.io\\/y", '/'),
            ["metadata", "annotations", "x.io/y"]
        );
        assert_eq!(split("a.b\\.c", '.'), ["a", "b.c"]);
    }
}
