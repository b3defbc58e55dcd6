//! `GET /openapi/v3`: one document for each version of each group.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    object::Gvk,
    sandbox::registry::{Registry, Resource},
};

/// Changes when the same facts make another document: clients keep documents by their hash.
const FORM: &str = "described";

/// The index: each document with its address, which changes with its content.
pub fn index(registry: &Registry) -> Value {
    let mut versions: BTreeMap<String, Vec<&Resource>> = BTreeMap::new();
    for resource in registry.iter() {
        let name = name(&resource.gvk.group, &resource.gvk.version);
        versions.entry(name).or_default().push(resource);
    }
    let paths: Map<String, Value> = versions
        .into_iter()
        .map(|(name, resources)| {
            let hash = hash_of(&resources);
            let address = format!("/openapi/v3/{name}?hash={hash}");
            (name, json!({"serverRelativeURL": address}))
        })
        .collect();
    json!({"paths": paths})
}

/// What the address of a document carries, and its ETag; absent when the version is not known.
pub fn hash(registry: &Registry, group: &str, version: &str) -> Option<String> {
    let resources: Vec<&Resource> = registry
        .iter()
        .map(AsRef::as_ref)
        .filter(|r| r.gvk.group == group && r.gvk.version == version)
        .collect();
    (!resources.is_empty()).then(|| hash_of(&resources))
}

/// The name of a document, such as `api/v1` or `apis/apps/v1`.
fn name(group: &str, version: &str) -> String {
    let api_version = Gvk::new(group, version, "").api_version();
    if group.is_empty() {
        format!("api/{api_version}")
    } else {
        format!("apis/{api_version}")
    }
}

/// All that a document is made from, hashed: documents need not be made for the index.
fn hash_of(resources: &[&Resource]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update(FORM);
    for resource in resources {
        let subresources: Vec<&str> = resource
            .subresources
            .iter()
            .map(|sub| sub.name.as_str())
            .collect();
        let facts = json!([
            resource.gvk.to_string(),
            resource.plural,
            resource.list_kind,
            resource.namespaced,
            resource.verbs,
            subresources,
            resource.open_api.as_deref(),
        ]);
        hasher.update(facts.to_string());
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect()
}
