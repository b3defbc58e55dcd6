//! Uniqueness of lists that are sets or maps (`listtype/validation.go`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::structural::{Additional, Structural};
use crate::{object::schema::ListKind, sandbox::error::Cause};

/// Every element of a set, and every key of a map list, that is there twice.
pub(super) fn check(schema: &Structural, value: &Value, path: &str, found: &mut Vec<Cause>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if let Some(below) = schema.properties.get(name) {
                    let path = if path.is_empty() {
                        name.clone()
                    } else {
                        format!("{path}.{name}")
                    };
                    check(below, value, &path, found);
                } else if let Some(Additional::Schema(below)) = &schema.additional {
                    check(below, value, &format!("{path}[{name}]"), found);
                }
            }
        }
        Value::Array(list) => {
            match &schema.list {
                Some(ListKind::Set) => {
                    for index in repeated(list) {
                        let value = list.get(index).unwrap_or(&Value::Null);
                        found.push(Cause::duplicate(format!("{path}[{index}]"), value));
                    }
                }
                Some(ListKind::Map(keys)) => check_keys(keys, list, path, found),
                _ => {}
            }
            if let Some(items) = &schema.items {
                for (index, item) in list.iter().enumerate() {
                    check(items, item, &format!("{path}[{index}]"), found);
                }
            }
        }
        _ => {}
    }
}

fn check_keys(keys: &[String], list: &[Value], path: &str, found: &mut Vec<Cause>) {
    for (index, item) in list.iter().enumerate() {
        if !item.is_null() && !item.is_object() {
            found.push(Cause::invalid(
                format!("{path}[{index}]"),
                item,
                "must be an object for an array of list-type map",
            ));
            return;
        }
    }
    let of_items: Vec<Value> = list
        .iter()
        .map(|item| {
            let pairs = keys
                .iter()
                .filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
            Value::Object(Map::from_iter(pairs))
        })
        .collect();
    for index in repeated(&of_items) {
        let key = of_items.get(index).unwrap_or(&Value::Null);
        found.push(Cause::duplicate(format!("{path}[{index}]"), key));
    }
}

/// Where a value stands for the second time (not again for the third).
pub(super) fn repeated(list: &[Value]) -> Vec<usize> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut repeated = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let times = seen.entry(value.to_string()).or_default();
        *times += 1;
        if *times == 2 {
            repeated.push(index);
        }
    }
    repeated
}
