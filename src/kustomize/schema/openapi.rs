//! The schema of an OpenAPI document that a kustomization names.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{ANY_FIELD, Field, Table};
use crate::object::Gvk;

const REFERENCE: &str = "#/definitions/";
const KINDS: &str = "x-kubernetes-group-version-kind";

/// Adds the definitions and scopes of a document to a table; those of the document win.
pub(super) fn read(table: &mut Table, document: &Value) {
    let definitions = document.get("definitions").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        define(table, name, definition);
        let kinds = definition.get(KINDS).and_then(Value::as_array);
        for kind in kinds.into_iter().flatten() {
            let gvk = gvk(kind);
            let versions = table.kinds.entry(gvk.kind.clone()).or_default();
            versions.insert(gvk.api_version(), name.clone());
        }
    }
    scopes(table, document);
}

/// Adds a definition, and those of the maps inside of it that have no name, which are called by their way.
fn define(table: &mut Table, name: &str, schema: &Value) {
    let mut fields = std::collections::BTreeMap::new();
    let named = schema.get("properties").and_then(Value::as_object);
    let any = schema
        .get("additionalProperties")
        .filter(|value| value.is_object());
    let any = any.map(|value| (ANY_FIELD, value));
    let named = named.into_iter().flatten();
    for (key, property) in named.map(|(key, value)| (key.as_str(), value)).chain(any) {
        fields.insert(
            key.to_owned(),
            field(table, &format!("{name}/{key}"), property),
        );
    }
    table.definitions.insert(name.to_owned(), fields);
}

fn field(table: &mut Table, path: &str, property: &Value) -> Field {
    let items = property.get("items");
    let text = |field: &str| {
        property
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let strategy = text("x-kubernetes-patch-strategy");
    let keys = match property.get("x-kubernetes-list-map-keys") {
        Some(Value::Array(keys)) => keys
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => {
            let key = text("x-kubernetes-patch-merge-key");
            let key = (!key.is_empty()).then(|| key.to_owned());
            key.into_iter().collect()
        }
    };
    let is_merged = strategy.split(',').any(|word| word == "merge");
    Field {
        reference: reference(table, path, items.unwrap_or(property)),
        is_list: items.is_some(),
        keys: is_merged.then_some(keys),
    }
}

/// The name of the definition of a value; one is made where it stands in place.
fn reference(table: &mut Table, path: &str, schema: &Value) -> Option<String> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name.strip_prefix(REFERENCE).map(str::to_owned);
    }
    let has = |field: &str| schema.get(field).is_some_and(Value::is_object);
    if !has("properties") && !has("additionalProperties") {
        return None;
    }
    define(table, path, schema);
    Some(path.to_owned())
}

fn gvk(value: &Value) -> Gvk {
    let text = |field: &str| {
        let found = value.get(field).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    Gvk::new(text("group"), text("version"), text("kind"))
}

/// Scopes follow from paths: a kind that stands below a namespace is namespaced, another one is not.
fn scopes(table: &mut Table, document: &Value) {
    let mut namespaced = BTreeSet::new();
    let mut others = BTreeSet::new();
    let nothing = Map::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.unwrap_or(&nothing) {
        let Some(kind) = item.get("get").and_then(|get| get.get(KINDS)) else {
            continue;
        };
        let gvk = gvk(kind);
        let key = (gvk.api_version(), gvk.kind);
        if path.contains("namespaces/{namespace}") {
            namespaced.insert(key);
        } else if path.ends_with("/{name}") {
            others.insert(key);
        }
    }
    for (version, kind) in others.difference(&namespaced).cloned() {
        let versions = table.cluster_scoped.entry(kind).or_default();
        versions.insert(version);
    }
}
