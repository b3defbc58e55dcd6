//! The metadata of an object that we make or read whole, kept as it was written.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// `metadata` of an object, or of the template inside one: every field that was there is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// Takes the fields as they are; anything that is no map counts as empty, as `null` does.
    pub fn from_value(value: Option<Value>) -> Self {
        match value {
            Some(Value::Object(map)) => Self(map),
            _ => Self::default(),
        }
    }

    /// Metadata with a name and, unless it is empty, a namespace.
    pub fn named(namespace: &str, name: &str) -> Self {
        let mut metadata = Self::default();
        metadata.set_text("name", name);
        metadata.set_text("namespace", namespace);
        metadata
    }

    /// A text field, empty when absent or not a text.
    pub fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or("")
    }

    /// Sets a text field; an empty text removes it, as Go's `omitempty` does.
    pub fn set_text(&mut self, field: &str, text: &str) {
        if text.is_empty() {
            self.0.remove(field);
        } else {
            self.0.insert(field.to_owned(), text.into());
        }
    }

    /// `name`, empty when absent.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// `namespace`, empty when absent.
    pub fn namespace(&self) -> &str {
        self.text("namespace")
    }

    /// One annotation, if it is a text.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.0.get("annotations")?.get(name)?.as_str()
    }

    /// One label, if it is a text.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.0.get("labels")?.get(name)?.as_str()
    }

    /// `labels` or `annotations`, sorted; values that are no text are left out.
    pub fn texts(&self, field: &str) -> BTreeMap<&str, &str> {
        self.0
            .get(field)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect()
    }

    /// Sets one entry of `labels` or `annotations`; the map is made when it is absent.
    pub fn set_entry(&mut self, field: &str, name: &str, text: &str) {
        let map = self
            .0
            .entry(field.to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
        if !map.is_object() {
            *map = Value::Object(Map::new());
        }
        if let Value::Object(map) = map {
            map.insert(name.to_owned(), text.into());
        }
    }

    /// Removes one entry of `labels` or `annotations`, and the map when that empties it.
    pub fn remove_entry(&mut self, field: &str, name: &str) {
        let Some(Value::Object(map)) = self.0.get_mut(field) else {
            return;
        };
        map.remove(name);
        if map.is_empty() {
            self.0.remove(field);
        }
    }

    /// Any field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// Sets any field.
    pub fn set(&mut self, field: &str, value: Value) {
        self.0.insert(field.to_owned(), value);
    }

    /// Removes any field.
    pub fn remove(&mut self, field: &str) {
        self.0.remove(field);
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields as a value, without those that are `null`.
    pub fn to_value(&self) -> Value {
        Value::Object(
            self.0
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_null_creation_timestamp_is_read_and_not_written() {
        let metadata = Metadata::from_value(Some(json!({"creationTimestamp": null, "name": "a"})));
        assert_eq!(metadata.to_value(), json!({"name": "a"}));
    }

    #[test]
    fn the_last_entry_takes_its_map_along() {
        let mut metadata = Metadata::default();
        metadata.set_entry("annotations", "a", "true");
        assert_eq!(metadata.annotation("a"), Some("true"));
        metadata.remove_entry("annotations", "a");
        assert!(metadata.is_empty());
    }
}
