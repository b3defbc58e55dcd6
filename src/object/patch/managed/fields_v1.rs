//! Sets as `fieldsV1` (`fieldpath/serialize.go`).

use serde_json::{Map, Value};

use super::{element::PathElement, set::FieldSet};

/// The set as a tree of `f:`, `k:`, `v:`, `i:` keys; `.` marks an element that is itself in the set.
pub fn to_fields_v1(set: &FieldSet) -> Value {
    Value::Object(emit(set, false))
}

fn emit(set: &FieldSet, is_self: bool) -> Map<String, Value> {
    let mut map = Map::new();
    if is_self && !set.is_empty() {
        map.insert(".".to_owned(), Value::Object(Map::new()));
    }
    for node in set.nodes() {
        let below = emit(&node.below, node.is_member);
        map.insert(node.element.to_text(), Value::Object(below));
    }
    map
}

/// Reads a set back; keys of an unknown kind are skipped.
///
/// # Errors
/// A key is broken; tells which.
pub fn from_fields_v1(value: &Value) -> Result<FieldSet, String> {
    Ok(read(value)?.0)
}

fn read(value: &Value) -> Result<(FieldSet, bool), String> {
    let Value::Object(map) = value else {
        return Err(format!("not a map: {value}"));
    };
    let mut set = FieldSet::default();
    let mut is_member = false;
    for (key, value) in map {
        if key == "." {
            is_member = true;
            continue;
        }
        let Some(element) = PathElement::from_text(key)? else {
            continue;
        };
        let (below, is_member) = read(value)?;
        set.push(element, is_member, below);
    }
    is_member |= set.is_empty();
    Ok((set, is_member))
}
