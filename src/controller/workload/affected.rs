//! Who has to be looked at when an object changes.

use serde_json::{Value, json};

use super::{
    cache::Cache,
    key::{Key, Kind},
};
use crate::{
    object::{LabelSelector, Object},
    workload::{field, replica_set, service},
};

/// Puts everybody whom a change concerns into the queue.
pub(super) fn note(cache: &mut Cache, key: &Key, old: Option<&Object>, new: Option<&Object>) {
    let mut found = Vec::new();
    if new.is_some() && key.kind != Kind::EndpointSlice {
        found.push(key.clone());
    }
    for object in old.into_iter().chain(new) {
        owners(cache, key, object, &mut found);
    }
    if key.kind == Kind::Pod && endpoint_of(old) != endpoint_of(new) {
        for object in old.into_iter().chain(new) {
            services(cache, key, object, &mut found);
        }
    }
    if key.kind == Kind::EndpointSlice {
        for object in old.into_iter().chain(new) {
            if let Some(name) = object.label(service::SERVICE_NAME) {
                found.push(Key::new(Kind::Service, &key.namespace, name));
            }
        }
    }
    cache.queue.extend(found);
}

/// The controller of an object, or those who might adopt it.
fn owners(cache: &Cache, key: &Key, object: &Object, found: &mut Vec<Key>) {
    let kind = match key.kind {
        Kind::Pod => Kind::ReplicaSet,
        Kind::ReplicaSet => Kind::Deployment,
        _ => return,
    };
    let Some(name) = controller_name(object, kind) else {
        if field::controller_uid(object).is_none() {
            let labels = object.labels();
            for candidate in cache.within(kind, &key.namespace) {
                let selector = candidate
                    .at(&["spec", "selector"])
                    .map(LabelSelector::from_value);
                if selector.is_some_and(|s| s.is_ok_and(|s| s.matches(&labels))) {
                    found.push(Key::new(kind, &key.namespace, candidate.name()));
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

fn controller_name(object: &Object, kind: Kind) -> Option<&str> {
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

/// What Services see of a pod.
fn endpoint_of(pod: Option<&Object>) -> Option<Value> {
    let pod = pod?;
    Some(json!([
        pod.labels(),
        field::text(pod, &["status", "podIP"]),
        field::text(pod, &["status", "phase"]),
        replica_set::is_ready(pod),
        field::is_deleting(pod),
        pod.uid(),
    ]))
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
