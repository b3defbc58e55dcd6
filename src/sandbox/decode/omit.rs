//! What Go leaves out when it writes a value: empty maps and lists, and zeros of some fields (`omitempty`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde_json::Value;

use crate::object::schema::{Schema, ValueType};

/// Fields whose zero is left out; other plain values are pointers, of which a zero is a value.
const FIELDS: &str = include_str!("omitted.txt");

/// Optional lists that are written even when they are empty.
const WRITTEN: &[(&str, &str)] = &[
    ("Role", "rules"),
    ("ClusterRole", "rules"),
    ("EndpointSlice", "ports"),
    // An empty list says that the managers are to be forgotten.
    ("ObjectMeta", "managedFields"),
];

static OMITTED: LazyLock<BTreeMap<&str, BTreeSet<&str>>> = LazyLock::new(|| {
    FIELDS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(name, fields)| (name, fields.split(' ').collect()))
        .collect()
});

/// Whether a field of a type is left out with this value; `holder` is the short name of the type.
pub fn leaves_out(
    schema: &Schema,
    holder: &str,
    field: &str,
    inner: &Schema,
    value: &Value,
) -> bool {
    let is_zero = match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty() && inner.values().is_some(),
        Value::String(text) => text.is_empty(),
        Value::Bool(is_set) => !is_set,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Null => false,
    };
    if !is_zero || schema.field(field).is_none() {
        return false;
    }
    match inner.value_type() {
        ValueType::Array | ValueType::Object => {
            !WRITTEN.contains(&(holder, field)) && !schema.required().contains(&field)
        }
        ValueType::String | ValueType::Boolean | ValueType::Integer => OMITTED
            .get(holder)
            .is_some_and(|fields| fields.contains(field)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::decode::typed;

    #[test]
    fn zeros_are_left_out_where_go_does() {
        let schema = Schema::definition("io.k8s.api.apps.v1.DeploymentSpec").unwrap();
        let given = json!({"minReadySeconds": 0, "replicas": 0, "paused": false, "selector": {},
            "template": {"spec": {"containers": [], "nodeSelector": {}, "hostAliases": [],
                "volumes": [{"name": "v", "emptyDir": {}}]}}});
        let kept = json!({"replicas": 0, "selector": {},
            "template": {"spec": {"containers": [], "volumes": [{"name": "v", "emptyDir": {}}]}}});
        assert_eq!(typed(&schema, given).unwrap().value, kept);
    }
}
