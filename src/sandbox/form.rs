//! How objects are shown: whole, as metadata only, or as a table.

use serde_json::{Map, Value, json};

use super::{
    registry::Resource,
    store::{Stored, prefixed},
    admit,
};

/// Which form a reader asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The object itself.
    #[default]
    Object,
    /// `meta.k8s.io/v1` PartialObjectMetadata.
    Metadata,
}

impl Form {
    /// One object in this form.
    pub fn one(&self, resource: &Resource, stored: &Stored) -> Vec<u8> {
        match self {
            Self::Object => whole(resource, stored),
            Self::Metadata => to_bytes(&partial(stored, true)),
        }
    }

    /// A list in this form; `metadata` is that of the list.
    pub fn list<'a>(
        &self,
        resource: &Resource,
        metadata: Map<String, Value>,
        items: impl Iterator<Item = &'a Stored>,
    ) -> Vec<u8> {
        let (kind, api_version) = match self {
            Self::Object => (resource.list_kind.as_str(), resource.gvk.api_version()),
            Self::Metadata => ("PartialObjectMetadataList", "meta.k8s.io/v1".to_owned()),
        };
        let mut json = to_bytes(&json!({"kind": kind, "apiVersion": api_version}));
        json.pop();
        json.extend_from_slice(b",\"metadata\":");
        json.extend(to_bytes(&Value::Object(metadata)));
        json.extend_from_slice(b",\"items\":[");
        let mut is_first = true;
        for stored in items {
            if !is_first {
                json.push(b',');
            }
            is_first = false;
            match self {
                // Items of a built-in list do not repeat their kind.
                Self::Object if resource.custom => json.extend(whole(resource, stored)),
                Self::Object if is_kept_as(resource) => json.extend_from_slice(&stored.bare),
                Self::Object => json.extend(Stored::new(admit::from_storage(resource, &stored.object), 0).bare),
                Self::Metadata => json.extend(to_bytes(&partial(stored, true))),
            }
        }
        json.extend_from_slice(b"]}");
        json
    }
}

/// Whether the bytes that are kept serve the version of the resource, but for kind and version.
pub fn is_kept_as(resource: &Resource) -> bool {
    resource.storage.group == resource.gvk.group
}

fn whole(resource: &Resource, stored: &Stored) -> Vec<u8> {
    if is_kept_as(resource) {
        stored.json(&resource.gvk)
    } else {
        let object = admit::from_storage(resource, &stored.object);
        prefixed(&Stored::new(object, 0).bare, &resource.gvk)
    }
}

fn partial(stored: &Stored, with_kind: bool) -> Value {
    let metadata = stored
        .object
        .at(&["metadata"])
        .cloned()
        .unwrap_or_else(|| json!({}));
    if with_kind {
        json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
    } else {
        json!({"metadata": metadata})
    }
}

/// JSON of a value; trees of JSON values always serialise.
pub fn to_bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
