//! Setting fields that are absent.

use serde_json::{Map, Value, json};

use crate::object::Object;

/// Sets a field of a map if it is absent or null.
pub fn default(map: &mut Map<String, Value>, field: &str, value: impl Into<Value>) {
    let is_absent = map.get(field).is_none_or(Value::is_null);
    if is_absent {
        map.insert(field.to_owned(), value.into());
    }
}

/// Sets a field of a map if it is absent, null or an empty text.
pub fn default_text(map: &mut Map<String, Value>, field: &str, text: &str) {
    let is_absent = map
        .get(field)
        .is_none_or(|value| value.is_null() || value == "");
    if is_absent {
        map.insert(field.to_owned(), text.into());
    }
}

/// The map in a field; made if it is absent.
pub fn map<'a>(
    parent: &'a mut Map<String, Value>,
    field: &str,
) -> Option<&'a mut Map<String, Value>> {
    default(parent, field, json!({}));
    parent.get_mut(field)?.as_object_mut()
}

/// The maps of a list in a field, none if it is absent.
pub fn maps<'a>(
    parent: &'a mut Map<String, Value>,
    field: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    parent
        .get_mut(field)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

/// The `spec` of an object; made if it is absent.
pub fn spec(object: &mut Object) -> Option<&mut Map<String, Value>> {
    map(object.as_map_mut(), "spec")
}
