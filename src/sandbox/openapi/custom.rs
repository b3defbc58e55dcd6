//! Schemas of custom kinds, as their definitions write them.

use serde_json::{Value, json};

use super::{description, path::reference};
use crate::sandbox::registry::Resource;

pub(super) const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
pub(super) const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/// The schema of one object and that of a list of them.
pub(super) fn components(resource: &Resource, schema: &Value, own: &str) -> (Value, Value) {
    let gvk = &resource.gvk;
    let kinds = |kind: &str| json!([{"group": gvk.group, "version": gvk.version, "kind": kind}]);
    let said = description::of_every_object();
    let text = |field: &str| json!({"type": "string", "description": said.get(field)});
    let (version, kind) = (text("apiVersion"), text("kind"));
    let metadata = |name: &str| {
        json!({
            "allOf": [reference(name)],
            "description": said.get("metadata"),
        })
    };
    let mut one = schema.clone();
    if let Some(map) = one.as_object_mut() {
        map.insert(
            "x-kubernetes-group-version-kind".to_owned(),
            kinds(&gvk.kind),
        );
        let properties = map
            .entry("properties")
            .or_insert_with(|| json!({}))
            .as_object_mut();
        if let Some(properties) = properties {
            properties.insert("apiVersion".to_owned(), version.clone());
            properties.insert("kind".to_owned(), kind.clone());
            properties.insert("metadata".to_owned(), metadata(OBJECT_META));
        }
    }
    let list = json!({
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": version,
            "kind": kind,
            "metadata": metadata(LIST_META),
            "items": {"type": "array", "items": reference(own)},
        },
        "x-kubernetes-group-version-kind": kinds(&resource.list_kind),
    });
    (one, list)
}
