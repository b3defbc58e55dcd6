//! Any manifest, as a tree of JSON values with the reading of its metadata.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

use super::reference::{Gvk, ObjectRef};
use crate::secret::MASK;

/// Why a value is not a Kubernetes object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The document is a scalar or a list.
    #[error("an object must be a map, not {0}")]
    NotMap(&'static str),
    /// A field that every object needs is absent, or is not of its type.
    #[error("field {0} is missing or not of its type")]
    Field(&'static str),
}

/// Any Kubernetes object: a map with at least `apiVersion` and `kind`.
///
/// `Debug` masks the data of Secrets, so that logs and panics show none.
#[derive(Clone, PartialEq)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Accepts a value that is an object with `apiVersion` and `kind`.
    ///
    /// # Errors
    /// [`ObjectError`] names what is missing.
    pub fn from_value(value: Value) -> Result<Self, ObjectError> {
        let map = match value {
            Value::Object(map) => map,
            Value::Null => return Err(ObjectError::NotMap("null")),
            Value::Array(_) => return Err(ObjectError::NotMap("a list")),
            Value::String(_) => return Err(ObjectError::NotMap("a string")),
            Value::Number(_) => return Err(ObjectError::NotMap("a number")),
            Value::Bool(_) => return Err(ObjectError::NotMap("a boolean")),
        };
        for field in ["apiVersion", "kind"] {
            if map
                .get(field)
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
            {
                return Err(ObjectError::Field(field));
            }
        }
        if map
            .get("metadata")
            .is_some_and(|metadata| !metadata.is_object())
        {
            return Err(ObjectError::Field("metadata"));
        }
        Ok(Self(map))
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        Gvk::from_api_version(self.api_version(), self.kind())
    }

    /// `apiVersion` as written.
    pub fn api_version(&self) -> &str {
        self.0
            .get("apiVersion")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// `kind` as written.
    pub fn kind(&self) -> &str {
        self.0
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// `metadata.name`, empty when absent.
    pub fn name(&self) -> &str {
        self.metadata_text("name").unwrap_or_default()
    }

    /// `metadata.namespace`, absent when empty.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata_text("namespace").filter(|n| !n.is_empty())
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> Option<&str> {
        self.metadata_text("uid")
    }

    /// The entry of `metadata.ownerReferences` that controls this object.
    pub fn controller(&self) -> Option<&Value> {
        let owners = self.at(&["metadata", "ownerReferences"])?.as_array()?;
        owners
            .iter()
            .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
    }

    /// The uid of the owner that controls this object.
    pub fn controller_uid(&self) -> Option<&str> {
        self.controller()?.get("uid")?.as_str()
    }

    /// `metadata.resourceVersion`.
    pub fn resource_version(&self) -> Option<&str> {
        self.metadata_text("resourceVersion")
    }

    /// `metadata.generation`.
    pub fn generation(&self) -> Option<i64> {
        self.at(&["metadata", "generation"])?.as_i64()
    }

    /// Where the object stands.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.gvk(), self.namespace(), self.name())
    }

    /// `metadata.labels`, sorted; values that are not text are left out.
    pub fn labels(&self) -> BTreeMap<&str, &str> {
        self.texts("labels")
    }

    /// `metadata.annotations`, sorted; values that are not text are left out.
    pub fn annotations(&self) -> BTreeMap<&str, &str> {
        self.texts("annotations")
    }

    /// One label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.at(&["metadata", "labels", name])?.as_str()
    }

    /// One annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.at(&["metadata", "annotations", name])?.as_str()
    }

    /// The value at a path of field names.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.0.get(*first)?, |value, name| value.get(*name))
    }

    /// Sets the value at a path of field names; maps on the way are made, other values are replaced.
    pub fn set(&mut self, path: &[&str], value: Value) {
        let Some((last, parents)) = path.split_last() else {
            return;
        };
        let mut map = &mut self.0;
        for name in parents {
            let entry = map.entry((*name).to_owned()).or_insert(Value::Null);
            if !entry.is_object() {
                *entry = Value::Object(Map::new());
            }
            match entry {
                Value::Object(next) => map = next,
                _ => return,
            }
        }
        map.insert((*last).to_owned(), value);
    }

    /// Removes the value at a path of field names, and gives it back.
    pub fn remove(&mut self, path: &[&str]) -> Option<Value> {
        let (last, parents) = path.split_last()?;
        let mut map = &mut self.0;
        for name in parents {
            map = map.get_mut(*name)?.as_object_mut()?;
        }
        map.remove(*last)
    }

    /// The whole as a map.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The whole as a map that can be changed; `apiVersion` and `kind` are to stay.
    pub fn as_map_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// The whole as a value.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// A copy of the whole as a value.
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    fn metadata_text(&self, name: &str) -> Option<&str> {
        self.0.get("metadata")?.get(name)?.as_str()
    }

    fn texts(&self, field: &str) -> BTreeMap<&str, &str> {
        self.at(&["metadata", field])
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect()
    }

    /// The same object with every value of a Secret's data replaced by [`MASK`].
    ///
    /// The last applied configuration is masked too: it holds the same values once more.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        if self.kind() != "Secret" {
            return masked;
        }
        for field in ["data", "stringData"] {
            match masked.0.get_mut(field) {
                Some(Value::Object(items)) => {
                    for (_, value) in items.iter_mut() {
                        *value = MASK.into();
                    }
                }
                Some(other) => *other = MASK.into(),
                None => {}
            }
        }
        if let Some(annotations) = masked
            .0
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("annotations"))
            .and_then(Value::as_object_mut)
        {
            for (name, value) in annotations.iter_mut() {
                if name.ends_with("/last-applied-configuration") {
                    *value = MASK.into();
                }
            }
        }
        masked
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::Object(self.masked().0))
    }
}

impl serde::Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refuses_what_is_no_object() {
        for (value, error) in [
            (json!("text"), ObjectError::NotMap("a string")),
            (json!([1]), ObjectError::NotMap("a list")),
            (json!({"kind": "A"}), ObjectError::Field("apiVersion")),
            (
                json!({"apiVersion": "v1", "kind": ""}),
                ObjectError::Field("kind"),
            ),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": 1}),
                ObjectError::Field("metadata"),
            ),
        ] {
            assert_eq!(Object::from_value(value), Err(error));
        }
    }

    #[test]
    fn debug_of_a_secret_shows_no_value() {
        let secret = Object::from_value(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "a", "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{planted}"}},
            "data": {"k": "planted"}, "stringData": {"l": "planted"},
        }))
        .unwrap();
        let shown = format!("{secret:?}");
        assert!(!shown.contains("planted"), "{shown}");
        assert!(shown.contains("\"k\":\"[hidden]\""), "{shown}");
    }

    #[test]
    fn sets_and_removes_by_path() {
        let mut object = Object::from_value(json!({"apiVersion": "v1", "kind": "A"})).unwrap();
        object.set(&["metadata", "labels", "a"], json!("b"));
        assert_eq!(object.label("a"), Some("b"));
        assert_eq!(
            object.remove(&["metadata", "labels", "a"]),
            Some(json!("b"))
        );
        assert_eq!(object.label("a"), None);
        assert_eq!(object.remove(&["spec", "none"]), None);
    }
}
