//! Schemas of built-in definitions, from the compiled table.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::path::reference;
use crate::object::schema::{ListKind, MapKind, PatchStrategy, Schema, ValueType};

/// Adds definitions by name, with all that they refer to.
pub(super) fn add(wanted: BTreeSet<&'static str>, schemas: &mut Map<String, Value>) {
    let mut left: Vec<&'static str> = wanted.into_iter().collect();
    while let Some(name) = left.pop() {
        if schemas.contains_key(name) {
            continue;
        }
        let Some(schema) = Schema::definition(name) else {
            continue;
        };
        schemas.insert(name.to_owned(), definition(&schema, &mut left));
    }
}

fn definition(schema: &Schema, left: &mut Vec<&'static str>) -> Value {
    let mut map = typed(schema, left);
    let fields = schema.fields();
    if !fields.is_empty() {
        let properties: Map<String, Value> = fields
            .iter()
            .map(|(name, field)| ((*name).to_owned(), field_schema(field, left)))
            .collect();
        map.insert("properties".to_owned(), properties.into());
    }
    let required = schema.required();
    if !required.is_empty() {
        map.insert("required".to_owned(), required.into());
    }
    merging(schema, &mut map);
    let kinds: Vec<Value> = schema
        .kinds()
        .iter()
        .map(|gvk| json!({"group": gvk.group, "version": gvk.version, "kind": gvk.kind}))
        .collect();
    if !kinds.is_empty() {
        map.insert("x-kubernetes-group-version-kind".to_owned(), kinds.into());
    }
    Value::Object(map)
}

/// A field: what it refers to, or its type, with what is said of it here.
fn field_schema(schema: &Schema, left: &mut Vec<&'static str>) -> Value {
    let mut map = match schema.reference() {
        Some(name) => {
            left.push(name);
            Map::from_iter([("allOf".to_owned(), json!([reference(name)]))])
        }
        None => typed(schema, left),
    };
    if let Some(default) = schema.default() {
        map.insert("default".to_owned(), default.clone());
    }
    if schema.reference().is_none() {
        merging(schema, &mut map);
    }
    if let Some(key) = schema.merge_key() {
        map.insert("x-kubernetes-patch-merge-key".to_owned(), key.into());
    }
    let strategies: Vec<&str> = schema
        .patch_strategies()
        .iter()
        .map(|strategy| match strategy {
            PatchStrategy::Merge => "merge",
            PatchStrategy::Replace => "replace",
            PatchStrategy::RetainKeys => "retainKeys",
        })
        .collect();
    if !strategies.is_empty() {
        let strategies = strategies.join(",").into();
        map.insert("x-kubernetes-patch-strategy".to_owned(), strategies);
    }
    Value::Object(map)
}

/// An element of a list or a value of a map.
fn element(schema: &Schema, left: &mut Vec<&'static str>) -> Value {
    match schema.reference() {
        Some(name) => {
            left.push(name);
            reference(name)
        }
        None => Value::Object(typed(schema, left)),
    }
}

fn typed(schema: &Schema, left: &mut Vec<&'static str>) -> Map<String, Value> {
    let mut map = Map::new();
    let kind = match schema.value_type() {
        ValueType::Object => "object",
        ValueType::Array => "array",
        ValueType::String => "string",
        ValueType::Integer => "integer",
        ValueType::Number => "number",
        ValueType::Boolean => "boolean",
        ValueType::IntOrString => {
            let either = json!([{"type": "integer"}, {"type": "string"}]);
            map.insert("oneOf".to_owned(), either);
            ""
        }
        ValueType::StringOrNumber => {
            let either = json!([{"type": "string"}, {"type": "number"}]);
            map.insert("oneOf".to_owned(), either);
            ""
        }
        ValueType::Any => "",
    };
    if !kind.is_empty() {
        map.insert("type".to_owned(), kind.into());
    }
    if let Some(format) = schema.format() {
        map.insert("format".to_owned(), format.into());
    }
    if let Some(items) = schema.items() {
        map.insert("items".to_owned(), element(&items, left));
    }
    if let Some(values) = schema.values() {
        map.insert("additionalProperties".to_owned(), element(&values, left));
    }
    map
}

fn merging(schema: &Schema, map: &mut Map<String, Value>) {
    if schema.value_type() == ValueType::Array {
        let kind = match schema.list_kind() {
            ListKind::Atomic => "atomic",
            ListKind::Set => "set",
            ListKind::Map(keys) => {
                map.insert("x-kubernetes-list-map-keys".to_owned(), keys.into());
                "map"
            }
        };
        map.insert("x-kubernetes-list-type".to_owned(), kind.into());
    }
    if schema.map_kind() == MapKind::Atomic {
        map.insert("x-kubernetes-map-type".to_owned(), "atomic".into());
    }
}
