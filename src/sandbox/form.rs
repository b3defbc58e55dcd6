//! How objects are shown: whole, as metadata only, or as a table.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    admit,
    registry::Resource,
    store::{Stored, prefixed},
    table::{Include, TableOptions, table},
};

/// Which form a reader asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The object itself.
    #[default]
    Object,
    /// `meta.k8s.io/v1` PartialObjectMetadata.
    Metadata,
    /// `meta.k8s.io/v1` Table.
    Table(Include),
}

impl Form {
    /// One object in this form; only the first table of a watch names its columns.
    pub fn one(
        &self,
        resource: &Resource,
        stored: &Stored,
        now: Timestamp,
        headers: bool,
    ) -> Vec<u8> {
        match self {
            Self::Object => whole(resource, stored),
            Self::Metadata => partial(stored),
            Self::Table(include) => {
                let metadata = json!({"resourceVersion": stored.version.to_string()});
                let options = TableOptions {
                    now,
                    include: *include,
                    headers,
                };
                if resource.storage == resource.gvk {
                    return table(resource, [stored], &metadata, options);
                }
                let object = admit::from_storage(resource, &stored.object);
                table(resource, [&object], &metadata, options)
            }
        }
    }

    /// A list in this form; `metadata` is that of the list.
    pub fn list<'a>(
        &self,
        resource: &Resource,
        metadata: Map<String, Value>,
        items: impl Iterator<Item = &'a Stored>,
        now: Timestamp,
    ) -> Vec<u8> {
        let (kind, api_version) = match self {
            Self::Object => (resource.list_kind.as_str(), resource.gvk.api_version()),
            Self::Metadata => ("PartialObjectMetadataList", "meta.k8s.io/v1".to_owned()),
            Self::Table(include) => {
                let options = TableOptions {
                    now,
                    include: *include,
                    headers: true,
                };
                let metadata = Value::Object(metadata);
                if resource.storage == resource.gvk {
                    return table(resource, items, &metadata, options);
                }
                let objects: Vec<_> = items
                    .map(|stored| admit::from_storage(resource, &stored.object))
                    .collect();
                return table(resource, &objects, &metadata, options);
            }
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
                Self::Object if resource.custom => json.extend(whole(resource, stored)),
                // Items of a built-in list do not repeat their kind.
                Self::Object if is_kept_as(resource) => json.extend_from_slice(&stored.bare),
                Self::Object => {
                    let object = admit::from_storage(resource, &stored.object);
                    json.extend_from_slice(&Stored::new(object, 0).bare);
                }
                _ => json.extend(partial(stored)),
            }
        }
        json.extend_from_slice(b"]}");
        json
    }

    /// The object of a bookmark: an empty one of what is watched.
    pub fn bookmark(&self, resource: &Resource, metadata: Value) -> Value {
        let (kind, api_version) = match self {
            Self::Object => (resource.gvk.kind.as_str(), resource.gvk.api_version()),
            Self::Metadata => ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned()),
            Self::Table(_) => {
                return json!({
                    "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                    "columnDefinitions": null,
                    "rows": [{"cells": [], "object": {
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": metadata,
                    }}],
                });
            }
        };
        json!({"kind": kind, "apiVersion": api_version, "metadata": metadata})
    }
}

/// Whether the bytes that are kept serve the version of the resource, but for kind and version.
pub fn is_kept_as(resource: &Resource) -> bool {
    resource.custom || resource.storage == resource.gvk
}

fn whole(resource: &Resource, stored: &Stored) -> Vec<u8> {
    if is_kept_as(resource) {
        stored.json(&resource.gvk)
    } else {
        let object = admit::from_storage(resource, &stored.object);
        prefixed(&Stored::new(object, 0).bare, &resource.gvk)
    }
}

fn partial(stored: &Stored) -> Vec<u8> {
    let mut json =
        br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#.to_vec();
    json.extend_from_slice(stored.metadata_json());
    json.push(b'}');
    json
}

/// JSON of a value; trees of JSON values always serialise.
pub fn to_bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
