//! Who has to be looked at when an object changes.

use serde_json::{Value, json};

use super::{
    cache::Cache,
    key::{Key, Kind},
};
use crate::{
    object::{LabelSelector, Object},
    workload::{field, replica_set, service, volume_claim},
};

/// Puts everybody whom a change concerns into the queue.
pub(super) fn note(cache: &mut Cache, key: &Key, old: Option<&Object>, new: Option<&Object>) {
    let mut found = Vec::new();
    let is_only_looked_at = matches!(key.kind, Kind::EndpointSlice | Kind::ControllerRevision);
    if new.is_some() && !is_only_looked_at {
        found.push(key.clone());
    }
    for object in old.into_iter().chain(new) {
        owners(cache, key, object, &mut found);
    }
    match key.kind {
        Kind::Pod if endpoint_of(old) != endpoint_of(new) => {
            for object in old.into_iter().chain(new) {
                services(cache, key, object, &mut found);
                budgets(cache, key, object, &mut found);
            }
        }
        Kind::EndpointSlice => {
            for object in old.into_iter().chain(new) {
                if let Some(name) = object.label(service::SERVICE_NAME) {
                    found.push(Key::new(Kind::Service, &key.namespace, name));
                }
            }
        }
        Kind::Endpoints => found.push(Key::new(Kind::Service, &key.namespace, &key.name)),
        Kind::Service => found.push(Key::new(Kind::Endpoints, &key.namespace, &key.name)),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet if size_of(old) != size_of(new) => {
            found.extend(cache.keys(Kind::DisruptionBudget, Some(&key.namespace)));
        }
        Kind::Job if new.is_none() => {
            // Its pods are not counted any more.
            let uid = old.and_then(Object::uid).unwrap_or_default();
            let pods = cache.owned(Kind::Pod, uid);
            found.extend(pods.map(|pod| Key::new(Kind::Pod, &key.namespace, pod.name())));
        }
        Kind::Node if place_of(old) != place_of(new) => {
            found.extend(cache.keys(Kind::DaemonSet, None));
            found.extend(cache.unbound().cloned());
        }
        Kind::VolumeClaim => volumes(cache, key, old.or(new), new.is_none(), &mut found),
        Kind::Volume => {
            let object = old.or(new);
            let text = |name: &str| {
                object.map_or("", |object| {
                    field::text(object, &["spec", "claimRef", name])
                })
            };
            found.push(Key::new(Kind::VolumeClaim, text("namespace"), text("name")));
        }
        _ => {}
    }
    cache.queue.extend(found);
}

/// The controller of an object, or those who might adopt it.
fn owners(cache: &Cache, key: &Key, object: &Object, found: &mut Vec<Key>) {
    let kinds = key.kind.controllers_of();
    if kinds.is_empty() {
        return;
    }
    let owner = kinds
        .iter()
        .find_map(|kind| Some((*kind, controller_name(object, *kind)?)));
    let Some((kind, name)) = owner else {
        if object.controller_uid().is_none() {
            let labels = object.labels();
            for kind in kinds {
                for candidate in cache.within(*kind, &key.namespace) {
                    let selector = candidate
                        .at(&["spec", "selector"])
                        .map(LabelSelector::from_value);
                    if selector.is_some_and(|s| s.is_ok_and(|s| s.matches(&labels))) {
                        found.push(Key::new(*kind, &key.namespace, candidate.name()));
                    }
                }
            }
        }
        return;
    };
    let owner = Key::new(kind, &key.namespace, name);
    if key.kind == Kind::Pod
        && let Some(set) = cache.get(&owner)
        && let Some(name) = controller_name(set, Kind::Deployment)
    {
        // One that replaces all its pods at once waits for the last of the old ones.
        let deployment = Key::new(Kind::Deployment, &key.namespace, name);
        if cache.get(&deployment).is_some_and(|deployment| {
            field::text(deployment, &["spec", "strategy", "type"]) == "Recreate"
        }) {
            found.push(deployment);
        }
    }
    found.push(owner);
}

/// The name of the controller of an object, if it is of a kind.
pub(super) fn controller_name(object: &Object, kind: Kind) -> Option<&str> {
    let gvk = kind.gvk();
    let owner = field::list(object, &["metadata", "ownerReferences"])
        .iter()
        .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let is = |name: &str, wanted: &str| owner.get(name).and_then(Value::as_str) == Some(wanted);
    if !is("kind", &gvk.kind) || !is("apiVersion", &gvk.api_version()) {
        return None;
    }
    owner.get("name")?.as_str()
}

/// What Services and budgets see of a pod.
fn endpoint_of(pod: Option<&Object>) -> Option<Value> {
    let pod = pod?;
    Some(json!([
        pod.labels(),
        field::text(pod, &["status", "podIP"]),
        field::text(pod, &["status", "phase"]),
        replica_set::is_ready(pod),
        field::is_deleting(pod),
        pod.uid(),
        pod.controller_uid(),
    ]))
}

/// What budgets see of a controller.
fn size_of(controller: Option<&Object>) -> Option<(i64, &str)> {
    let controller = controller?;
    let size = field::int(controller, &["spec", "replicas"], 1);
    Some((size, controller.uid().unwrap_or_default()))
}

/// What a scheduler sees of a node.
fn place_of(node: Option<&Object>) -> Option<Value> {
    let node = node?;
    let taints = node.at(&["spec", "taints"]);
    let is_cordoned = field::is_true(node, &["spec", "unschedulable"]);
    Some(json!([node.labels(), taints, is_cordoned, node.uid()]))
}

fn services(cache: &Cache, key: &Key, pod: &Object, found: &mut Vec<Key>) {
    let labels = pod.labels();
    for service in cache.within(Kind::Service, &key.namespace) {
        let chosen = service
            .at(&["spec", "selector"])
            .and_then(Value::as_object)
            .is_some_and(|selector| {
                !selector.is_empty()
                    && selector
                        .iter()
                        .all(|(name, value)| labels.get(name.as_str()).copied() == value.as_str())
            });
        if chosen {
            found.push(Key::new(Kind::Service, &key.namespace, service.name()));
        }
    }
}

fn budgets(cache: &Cache, key: &Key, pod: &Object, found: &mut Vec<Key>) {
    let labels = pod.labels();
    for budget in cache.within(Kind::DisruptionBudget, &key.namespace) {
        let selector = budget
            .at(&["spec", "selector"])
            .map(LabelSelector::from_value);
        if selector.is_some_and(|s| s.is_ok_and(|s| s.matches(&labels))) {
            found.push(Key::new(
                Kind::DisruptionBudget,
                &key.namespace,
                budget.name(),
            ));
        }
    }
}

/// The volume of a claim; a StatefulSet that waits for a claim to go, and pods that wait for one to come.
fn volumes(cache: &Cache, key: &Key, claim: Option<&Object>, is_gone: bool, found: &mut Vec<Key>) {
    found.extend(claim.and_then(|claim| Key::of(&volume_claim::volume_of(claim))));
    if is_gone {
        found.extend(cache.keys(Kind::StatefulSet, Some(&key.namespace)));
    }
    let waiting = cache.unbound().filter(|pod| pod.namespace == key.namespace);
    found.extend(waiting.cloned());
}
