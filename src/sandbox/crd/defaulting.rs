//! Sets the defaults of a structural schema (`defaulting/algorithm.go` and `prunenulls.go`).

use serde_json::Value;

use super::structural::{Additional, Structural};

impl Structural {
    /// Sets what is absent, or null where null is no value, to its default, then drops the nulls
    /// that are no values and have no default.
    pub fn set_defaults(&self, object: &mut Value) {
        self.fill(object);
        drop_nulls(self, object);
    }

    /// Sets what is absent, or null where null is no value, to its default; other nulls stay, as those
    /// of an applied configuration do.
    pub fn fill(&self, object: &mut Value) {
        set(self, object);
    }
}

fn set(schema: &Structural, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, below) in &schema.properties {
                let Some(default) = &below.default else {
                    continue;
                };
                let replaced = map
                    .get(name)
                    .is_none_or(|value| value.is_null() && below.drops_null());
                if replaced {
                    map.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in map.iter_mut() {
                if let Some(below) = schema.properties.get(name) {
                    set(below, value);
                } else if let Some(Additional::Schema(below)) = &schema.additional {
                    replace_null(below, value);
                    set(below, value);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = &schema.items {
                for item in list {
                    replace_null(items, item);
                    set(items, item);
                }
            }
        }
        _ => {}
    }
}

fn replace_null(schema: &Structural, value: &mut Value) {
    if let (true, true, Some(default)) = (value.is_null(), schema.drops_null(), &schema.default) {
        *value = default.clone();
    }
}

fn drop_nulls(schema: &Structural, value: &mut Value) {
    match value {
        Value::Object(map) => map.retain(|name, value| {
            let below = match (schema.properties.get(name), &schema.additional) {
                (Some(below), _) => below,
                (None, Some(Additional::Schema(below))) => below,
                _ => return true,
            };
            if value.is_null() && below.drops_null() {
                return false;
            }
            drop_nulls(below, value);
            true
        }),
        Value::Array(list) => {
            if let Some(items) = &schema.items {
                for item in list {
                    drop_nulls(items, item);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_fill_what_is_absent_or_null() {
        let schema = Structural::read(&json!({"type": "object", "properties": {
            "a": {"type": "integer", "default": 1},
            "b": {"type": "object", "default": {}, "properties": {
                "c": {"type": "string", "default": "x"}}},
            "n": {"type": "string", "nullable": true, "default": "d"},
            "m": {"type": "string"},
            "deep": {"type": "object", "properties": {"e": {"type": "string", "default": "y"}}},
            "list": {"type": "array", "items": {"type": "object", "properties": {
                "f": {"type": "boolean", "default": true}}}},
        }}))
        .unwrap();
        let mut object = json!({"a": null, "n": null, "m": null, "list": [{}, {"f": false}]});
        schema.set_defaults(&mut object);
        assert_eq!(
            object,
            json!({"a": 1, "b": {"c": "x"}, "n": null, "list": [{"f": true}, {"f": false}]})
        );
    }
}
