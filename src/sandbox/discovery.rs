//! Discovery: which groups, versions and resources the server has, in the legacy and in the
//! aggregated form.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::registry::{Registry, Resource, Subresource};
use crate::object::Gvk;

/// Content type of the aggregated form, as clients ask for it and as it is answered.
pub const AGGREGATED_CONTENT_TYPE: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Whether a client accepts the aggregated form: one of its media ranges names it. Protobuf and the
/// beta form are not offered; clients then take the legacy one.
pub fn accepts_aggregated(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let parameters: Vec<&str> = parts
            .by_ref()
            .skip_while(|part| *part != "application/json")
            .collect();
        ["g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"]
            .iter()
            .all(|wanted| parameters.contains(wanted))
    })
}

/// `GET /api`: the versions of the core group. `address` is the host and port of this server.
pub fn core_versions(address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

/// `GET /apis`: all groups but the core one, the preferred version of each first.
pub fn groups(registry: &Registry) -> Value {
    let groups: Vec<Value> = group_versions(registry)
        .into_iter()
        .filter(|(group, _)| !group.is_empty())
        .map(|(group, versions)| Value::Object(group_map(group, &versions)))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `GET /apis/GROUP`; absent when the group is not known.
pub fn group(registry: &Registry, name: &str) -> Option<Value> {
    let (group, versions) = group_versions(registry)
        .into_iter()
        .find(|(group, _)| *group == name && !name.is_empty())?;
    let mut map = group_map(group, &versions);
    map.insert("kind".to_owned(), "APIGroup".into());
    map.insert("apiVersion".to_owned(), "v1".into());
    Some(Value::Object(map))
}

/// `GET /api/v1` (the group is empty) and `GET /apis/GROUP/VERSION`; absent when not known.
pub fn resources(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let mut found = of_version(registry, group, version).peekable();
    let is_custom = found.peek()?.custom;
    let mut lines: Vec<Value> = found.flat_map(lines).collect();
    // Subresources of custom resources have an order of their own.
    if !is_custom {
        lines.sort_by(|a, b| {
            let name = |line: &Value| line.get("name").and_then(Value::as_str).map(str::to_owned);
            name(a).cmp(&name(b))
        });
    }
    let mut list = json!({
        "kind": "APIResourceList",
        "groupVersion": Gvk::new(group, version, "").api_version(),
        "resources": lines,
    });
    // Upstream leaves the version out for the core group.
    if let (Some(list), false) = (list.as_object_mut(), group.is_empty()) {
        list.insert("apiVersion".to_owned(), "v1".into());
    }
    Some(list)
}

/// `GET /api` (`core`) or `GET /apis` in the aggregated form.
pub fn aggregated(registry: &Registry, core: bool) -> Value {
    let items: Vec<Value> = group_versions(registry)
        .into_iter()
        .filter(|(group, _)| group.is_empty() == core)
        .map(|(group, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| {
                    let resources: Vec<Value> = of_version(registry, group, version)
                        .map(aggregated_resource)
                        .collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let mut metadata = json!({"creationTimestamp": null});
            if let (Some(metadata), false) = (metadata.as_object_mut(), group.is_empty()) {
                metadata.insert("name".to_owned(), group.into());
            }
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {}, "items": items,
    })
}

/// Groups in order, each with its versions, the preferred one first.
fn group_versions(registry: &Registry) -> Vec<(&str, Vec<&str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for resource in registry.iter() {
        let (group, version) = (resource.gvk.group.as_str(), resource.gvk.version.as_str());
        match groups.last_mut() {
            Some((last, versions)) if *last == group => {
                if versions.last() != Some(&version) {
                    versions.push(version);
                }
            }
            _ => groups.push((group, vec![version])),
        }
    }
    // A definition may extend a built-in group; its versions come after.
    let mut merged: Vec<(&str, Vec<&str>)> = Vec::new();
    for (group, versions) in groups {
        match merged.iter_mut().find(|(seen, _)| *seen == group) {
            Some((_, seen)) => {
                let new = versions.into_iter().filter(|v| !seen.contains(v));
                let new: Vec<&str> = new.collect();
                seen.extend(new);
            }
            None => merged.push((group, versions)),
        }
    }
    merged
}

fn of_version<'a>(
    registry: &'a Registry,
    group: &'a str,
    version: &'a str,
) -> impl Iterator<Item = &'a Resource> {
    registry
        .iter()
        .map(AsRef::as_ref)
        .filter(move |r| r.gvk.group == group && r.gvk.version == version)
}

fn group_map(group: &str, versions: &[&str]) -> Map<String, Value> {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    Map::from_iter([
        ("name".to_owned(), group.into()),
        (
            "preferredVersion".to_owned(),
            versions.first().cloned().unwrap_or_default(),
        ),
        ("versions".to_owned(), versions.into()),
    ])
}

/// The legacy lines of a resource: its own and those of its subresources.
fn lines(resource: &Resource) -> Vec<Value> {
    let mut own = json!({
        "name": resource.plural, "singularName": resource.singular,
        "namespaced": resource.namespaced, "kind": resource.gvk.kind, "verbs": resource.verbs,
    });
    if let Some(own) = own.as_object_mut() {
        add_names(own, resource);
        if resource.is_stored() {
            own.insert(
                "storageVersionHash".to_owned(),
                storage_version_hash(resource).into(),
            );
        }
    }
    let below = resource.subresources.iter().map(|sub| {
        let mut line = json!({
            "name": format!("{}/{}", resource.plural, sub.name), "singularName": "",
            "namespaced": resource.namespaced, "kind": sub.gvk.kind, "verbs": sub.verbs,
        });
        if let (Some(line), true) = (line.as_object_mut(), is_foreign(resource, sub)) {
            line.insert("group".to_owned(), sub.gvk.group.clone().into());
            line.insert("version".to_owned(), sub.gvk.version.clone().into());
        }
        line
    });
    std::iter::once(own).chain(below).collect()
}

fn aggregated_resource(resource: &Resource) -> Value {
    // Kinds of the group version itself are named without it, but for custom resources.
    let kind = |gvk: &Gvk, whole: bool| {
        let (group, version) = if whole {
            (gvk.group.as_str(), gvk.version.as_str())
        } else {
            ("", "")
        };
        json!({"group": group, "version": version, "kind": gvk.kind})
    };
    let mut map = json!({
        "resource": resource.plural,
        "responseKind": kind(&resource.gvk, resource.custom),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if let Some(map) = map.as_object_mut() {
        add_names(map, resource);
        let below: Vec<Value> = resource
            .subresources
            .iter()
            .map(|sub| {
                let whole = resource.custom || is_foreign(resource, sub);
                json!({
                    "subresource": sub.name, "responseKind": kind(&sub.gvk, whole),
                    "verbs": sub.verbs,
                })
            })
            .collect();
        if !below.is_empty() {
            map.insert("subresources".to_owned(), below.into());
        }
    }
    map
}

fn is_foreign(resource: &Resource, sub: &Subresource) -> bool {
    (&sub.gvk.group, &sub.gvk.version) != (&resource.gvk.group, &resource.gvk.version)
}

fn add_names(map: &mut Map<String, Value>, resource: &Resource) {
    for (field, names) in [
        ("shortNames", &resource.short_names),
        ("categories", &resource.categories),
    ] {
        if !names.is_empty() {
            map.insert(field.to_owned(), names.clone().into());
        }
    }
}

/// Kinds that Kubernetes 1.37 keeps in a version that it does not serve by default.
const KEPT_IN: &[(&str, &str)] = &[
    ("ClusterTrustBundle", "v1beta1"),
    ("CustomResourceDefinition", "v1beta1"),
    ("DeviceTaintRule", "v1beta2"),
    ("PodCertificateRequest", "v1beta1"),
    ("StorageVersionMigration", "v1beta1"),
];

/// Tells clients when the stored version changes (`StorageVersionHash` of apiserver's discovery).
fn storage_version_hash(resource: &Resource) -> String {
    let Gvk {
        group,
        version,
        kind,
    } = &resource.storage;
    let version = KEPT_IN
        .iter()
        .find(|(kept, _)| !resource.custom && kept == kind)
        .map_or(version.as_str(), |(_, version)| version);
    let hash = Sha256::digest(format!("{group}/{version}/{kind}"));
    STANDARD.encode(hash.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aggregated_form_is_negotiated() {
        for (accept, accepted) in [
            (AGGREGATED_CONTENT_TYPE, true),
            (
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                 application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,\
                 application/json",
                true,
            ),
            (
                "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
                false,
            ),
            ("application/json", false),
            ("*/*", false),
        ] {
            assert_eq!(accepts_aggregated(accept), accepted, "{accept}");
        }
    }
}
