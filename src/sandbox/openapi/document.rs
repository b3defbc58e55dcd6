//! The document of one version of one group.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{component, custom, description, path};
use crate::{
    object::{Gvk, schema::Schema},
    sandbox::registry::{Registry, Resource},
};

/// Definitions that every document needs, whatever its kinds.
const COMMON: [&str; 3] = [
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
];

/// Its paths and its schemas; absent when the version is not known.
pub fn document(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let resources: Vec<&Resource> = registry
        .iter()
        .map(AsRef::as_ref)
        .filter(|r| r.gvk.group == group && r.gvk.version == version)
        .collect();
    if resources.is_empty() {
        return None;
    }
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let mut wanted: BTreeSet<&'static str> = COMMON.into();
    for resource in resources {
        let names = Names::of(resource);
        path::add(resource, &names, &mut paths);
        let subresources = resource.subresources.iter().map(|sub| sub.gvk.clone());
        let list = Gvk {
            kind: resource.list_kind.clone(),
            ..resource.gvk.clone()
        };
        wanted.extend(
            [resource.gvk.clone(), list]
                .into_iter()
                .chain(subresources)
                .filter_map(|gvk| Schema::of(&gvk)?.reference()),
        );
        if let Some(schema) = &resource.open_api {
            wanted.extend([custom::OBJECT_META, custom::LIST_META]);
            let (one, list) = custom::components(resource, schema, &names.own);
            schemas.insert(names.own, one);
            schemas.insert(names.list, list);
        }
    }
    component::add(wanted, &mut schemas);
    description::add(&mut schemas);
    Some(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "components": {"schemas": schemas},
    }))
}

/// How the schemas of a resource are named.
pub(super) struct Names {
    /// Of one object.
    pub own: String,
    /// Of a list.
    pub list: String,
}

impl Names {
    fn of(resource: &Resource) -> Self {
        let gvk = &resource.gvk;
        if resource.custom {
            // The group is turned around, as in the names of Java packages.
            let mut group: Vec<&str> = gvk.group.split('.').collect();
            group.reverse();
            let group = group.join(".");
            let of = |kind: &str| format!("{group}.{}.{kind}", gvk.version);
            return Self {
                own: of(&gvk.kind),
                list: of(&resource.list_kind),
            };
        }
        let of = |kind: &str| {
            Schema::of(&Gvk::new(gvk.group.clone(), gvk.version.clone(), kind))
                .and_then(|schema| schema.reference())
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            own: of(&gvk.kind),
            list: of(&resource.list_kind),
        }
    }
}
