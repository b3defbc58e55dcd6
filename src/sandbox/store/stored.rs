//! One object as it is kept: the tree, and its bytes for all who read it.

use std::{io::Write as _, ops::Range};

use axum::body::Bytes;
use serde_json::Value;

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
    /// Where the metadata stand in `bare`.
    metadata: Range<usize>,
}

impl Stored {
    /// Takes an object that carries its version already.
    pub fn new(object: Object, version: u64) -> Self {
        let (bare, metadata) = bare(&object);
        Self {
            object,
            version,
            bare,
            metadata,
        }
    }

    /// JSON of the metadata, which tables and lists of metadata show.
    pub fn metadata_json(&self) -> &[u8] {
        self.bare.get(self.metadata.clone()).unwrap_or(b"null")
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

/// The fields but kind and version, and where the metadata stand.
fn bare(object: &Object) -> (Bytes, Range<usize>) {
    let mut json = vec![b'{'];
    let mut metadata = usize::MAX..usize::MAX;
    for (name, value) in object.as_map() {
        if name == "kind" || name == "apiVersion" {
            continue;
        }
        if json.len() > 1 {
            json.push(b',');
        }
        write_json(&mut json, name);
        json.push(b':');
        let start = json.len();
        write_json(&mut json, value);
        if name == "metadata" {
            metadata = start..json.len();
        }
    }
    json.push(b'}');
    (json.into(), metadata)
}

/// Appends JSON: trees of JSON values always serialise, and a Vec takes every write.
pub fn write_json(json: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let _ = serde_json::to_writer(json, value);
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
        assert_eq!(stored.metadata_json(), b"null");
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
    #[test]
    fn metadata_are_a_part_of_the_bytes() {
        let value = json!({"apiVersion": "v1", "data": {"a": "b"}, "kind": "ConfigMap",
            "metadata": {"name": "a", "labels": {"metadata": "x"}}, "type": "y"});
        let stored = Stored::new(Object::from_value(value).unwrap(), 1);
        assert_eq!(
            stored.metadata_json(),
            br#"{"labels":{"metadata":"x"},"name":"a"}"#
        );
    }
}
