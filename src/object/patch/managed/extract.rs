//! The fields that an object sets (`typed/tofieldset.go`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    element::PathElement,
    form::{Form, Keys, Take},
    set::FieldSet,
};

/// The paths of all leaves, list elements and free keys of a map.
pub(super) fn extract_map(form: &Form, map: &Map<String, Value>) -> FieldSet {
    let mut set = FieldSet::default();
    for (name, value) in map {
        let (below, is_own) = form.field_or_deduced(name);
        let (is_leaf, paths) = extract(&below, value);
        let is_bare = value.is_null() || value.as_object().is_some_and(Map::is_empty);
        set.push(
            PathElement::Field(name.clone()),
            is_leaf || is_bare || !is_own,
            paths,
        );
    }
    set
}

/// The paths below a value, and whether the value itself is a leaf.
fn extract(form: &Form, value: &Value) -> (bool, FieldSet) {
    match form.take(value) {
        Take::Scalar => (true, FieldSet::default()),
        Take::Map if form.is_whole_map() => (true, FieldSet::default()),
        Take::Map => match value {
            Value::Object(map) => (false, extract_map(form, map)),
            _ => (false, FieldSet::default()),
        },
        Take::List => match (form.keys(), value) {
            (None, _) => (true, FieldSet::default()),
            (Some(keys), Value::Array(items)) => (false, extract_list(&keys, items)),
            (Some(_), _) => (false, FieldSet::default()),
        },
    }
}

fn extract_list(keys: &Keys, items: &[Value]) -> FieldSet {
    let mut found: BTreeMap<PathElement, Vec<&Value>> = BTreeMap::new();
    for item in items {
        if let Ok(element) = keys.element(item) {
            found.entry(element).or_default().push(item);
        }
    }
    let mut set = FieldSet::default();
    for (element, same) in found {
        // Of an element that is there several times only the element itself counts.
        let paths = match same.as_slice() {
            [one] => extract(&keys.items, one).1,
            _ => FieldSet::default(),
        };
        set.push(element, true, paths);
    }
    set
}
