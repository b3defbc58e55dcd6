//! An object without the fields of a set (`typed/remove.go`).

use serde_json::{Map, Value};

use super::{
    form::{Form, Take},
    set::FieldSet,
};

/// A map without the paths of a set. A value of which nothing is left becomes null.
pub(super) fn remove_map(
    form: &Form,
    map: &Map<String, Value>,
    gone: &FieldSet,
) -> Map<String, Value> {
    if gone.is_empty() {
        return map.clone();
    }
    map.iter()
        .filter_map(|(name, value)| {
            let kept = match gone.field(name) {
                Some(node) if node.is_member => return None,
                Some(node) => remove(&form.field_or_deduced(name).0, value, &node.below),
                None => value.clone(),
            };
            Some((name.clone(), kept))
        })
        .collect()
}

fn remove(form: &Form, value: &Value, gone: &FieldSet) -> Value {
    match form.take(value) {
        Take::Scalar => value.clone(),
        Take::Map => match value {
            Value::Object(map) if !map.is_empty() && !form.is_whole_map() => {
                let left = remove_map(form, map, gone);
                if left.is_empty() {
                    Value::Null
                } else {
                    Value::Object(left)
                }
            }
            _ => Value::Null,
        },
        Take::List => match (form.keys(), value) {
            (Some(keys), Value::Array(items)) => {
                let left: Vec<Value> = items
                    .iter()
                    .filter_map(|item| {
                        let Ok(element) = keys.element(item) else {
                            return Some(item.clone());
                        };
                        match gone.get(&element) {
                            Some(node) if node.is_member => None,
                            Some(node) => Some(remove(&keys.items, item, &node.below)),
                            None => Some(item.clone()),
                        }
                    })
                    .collect();
                if left.is_empty() {
                    Value::Null
                } else {
                    Value::Array(left)
                }
            }
            _ => Value::Null,
        },
    }
}
