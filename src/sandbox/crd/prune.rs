//! Removes the fields that a structural schema does not name (`pruning/algorithm.go`).

use serde_json::Value;

use super::structural::{Additional, Structural};

/// Fields that every object has; their content is not the schema's business.
const META_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Structural {
    /// Removes unknown fields from an object, and gives their paths, sorted, such as `spec.foo`.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut removed = Vec::new();
        let keeps = self.preserve_unknown;
        let mut path = String::new();
        prune(Some(self), (true, keeps), object, &mut path, &mut removed);
        removed.sort();
        removed
    }

    /// Removes unknown fields from a value that is no object of its own, such as a default.
    pub(super) fn prune_value(&self, value: &mut Value) {
        let mode = (false, self.preserve_unknown);
        prune(Some(self), mode, value, &mut String::new(), &mut Vec::new());
    }
}

fn prune(
    schema: Option<&Structural>,
    (root, keeps): (bool, bool),
    value: &mut Value,
    path: &mut String,
    removed: &mut Vec<String>,
) {
    let keeps = keeps || schema.is_some_and(|schema| schema.preserve_unknown);
    match value {
        Value::Object(map) => {
            let embedded = root || schema.is_some_and(|schema| schema.embedded);
            map.retain(|name, value| {
                if embedded && META_FIELDS.contains(&name.as_str()) {
                    return true;
                }
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                let below = schema.and_then(|schema| schema.below(name));
                let known = below.is_some();
                if let Some(below) = below {
                    prune(below, (false, false), value, path, removed);
                } else if !keeps {
                    removed.push(path.clone());
                }
                path.truncate(length);
                known || keeps
            });
        }
        Value::Array(list) => {
            let items = schema.and_then(|schema| schema.items.as_deref());
            if items.is_none() && keeps {
                return;
            }
            let length = path.len();
            for (index, item) in list.iter_mut().enumerate() {
                path.push_str(&format!("[{index}]"));
                prune(items, (false, keeps), item, path, removed);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

impl Structural {
    /// What is known of a field of a map: nothing at all, or its schema, if it has one.
    fn below(&self, name: &str) -> Option<Option<&Structural>> {
        if let Some(schema) = self.properties.get(name) {
            return Some(Some(schema));
        }
        match self.additional.as_ref()? {
            Additional::Schema(schema) => Some(Some(schema)),
            // The field stays; of a map in it, as upstream does, nothing does.
            Additional::Allowed(_) => Some(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_go_and_are_told() {
        let schema = Structural::read(&json!({"type": "object", "properties": {
        "spec": {"type": "object", "properties": {
            "a": {"type": "string"},
            "list": {"type": "array", "items": {"type": "object", "properties": {
                "x": {"type": "integer"}}}},
            "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {
                "y": {"type": "string"}}}},
            "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true,
                "properties": {"closed": {"type": "object"}}},
            "inner": {"type": "object", "x-kubernetes-embedded-resource": true,
                "properties": {"spec": {"type": "object"}}},
        }}}}))
        .unwrap();
        let mut object = json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "n"},
            "other": 1,
            "spec": {"a": "b", "b": 1, "list": [{"x": 1, "z": 2}], "map": {"k": {"y": "", "z": 1}},
                "open": {"free": 1, "closed": {"gone": 1}},
                "inner": {"kind": "B", "metadata": {"labels": {}}, "spec": {}, "more": 1}}});
        assert_eq!(
            schema.prune(&mut object),
            [
                "other",
                "spec.b",
                "spec.inner.more",
                "spec.list[0].z",
                "spec.map.k.z",
                "spec.open.closed.gone"
            ]
        );
        assert_eq!(
            object,
            json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "n"},
            "spec": {"a": "b", "list": [{"x": 1}], "map": {"k": {"y": ""}},
                "open": {"free": 1, "closed": {}},
                "inner": {"kind": "B", "metadata": {"labels": {}}, "spec": {}}}})
        );
    }
}
