//! One object as it is kept: the tree, and its bytes for all who read it.

use std::io::Write as _;

use axum::body::Bytes;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::object::{Gvk, Object};

/// An object at one version; never changed, shared by the store, the log and every reader.
#[derive(Debug)]
pub struct Stored {
    /// The object in the form in which it is kept.
    pub object: Object,
    /// The version at which it was written.
    pub version: u64,
    /// JSON of the object without `apiVersion` and `kind`, so that one serialisation serves all versions and lists.
    pub bare: Bytes,
}

impl Stored {
    /// Takes an object that carries its version already.
    pub fn new(object: Object, version: u64) -> Self {
        let bare = bare(&object);
        Self {
            object,
            version,
            bare,
        }
    }

    /// The object as JSON, as a kind of the given version.
    pub fn json(&self, gvk: &Gvk) -> Vec<u8> {
        prefixed(&self.bare, gvk)
    }

    /// Creation time, labels and the like are read often: whether `metadata.deletionTimestamp` is set.
    pub fn is_deleting(&self) -> bool {
        self.object.at(&["metadata", "deletionTimestamp"]).is_some()
    }

    /// The finalizers, in order.
    pub fn finalizers(&self) -> Vec<&str> {
        self.object
            .at(&["metadata", "finalizers"])
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// Puts `kind` and `apiVersion` before the other fields of a JSON map.
pub fn prefixed(bare: &[u8], gvk: &Gvk) -> Vec<u8> {
    let mut json = Vec::with_capacity(bare.len() + 64 + gvk.kind.len() + gvk.group.len());
    // A kind and a group are DNS-like words, so they need no escaping; a Vec takes every write.
    let _ = write!(
        json,
        r#"{{"kind":"{}","apiVersion":"{}""#,
        gvk.kind,
        gvk.api_version()
    );
    match bare.get(1..) {
        Some(rest) if rest != b"}" => {
            json.push(b',');
            json.extend_from_slice(rest);
        }
        _ => json.push(b'}'),
    }
    json
}

fn bare(object: &Object) -> Bytes {
    struct Bare<'a>(&'a Map<String, Value>);
    impl Serialize for Bare<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(
                self.0
                    .iter()
                    .filter(|(name, _)| *name != "kind" && *name != "apiVersion"),
            )
        }
    }
    // A tree of JSON values with text keys always serialises.
    serde_json::to_vec(&Bare(object.as_map()))
        .unwrap_or_default()
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kind_and_version_stand_first() {
        let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}});
        let stored = Stored::new(Object::from_value(value).unwrap(), 1);
        assert_eq!(&stored.bare[..], br#"{"data":{"a":"b"}}"#);
        let gvk = Gvk::new("example.org", "v2", "Other");
        assert_eq!(
            stored.json(&gvk),
            br#"{"kind":"Other","apiVersion":"example.org/v2","data":{"a":"b"}}"#
        );
        assert_eq!(
            prefixed(b"{}", &Gvk::new("", "v1", "A")),
            br#"{"kind":"A","apiVersion":"v1"}"#
        );
    }
}
