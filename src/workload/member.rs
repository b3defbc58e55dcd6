//! Pods that a controller makes of a template: making, counting, removing, and what is told of it.

use serde_json::{Value, json};

use super::{field, name};
use crate::{
    object::Object,
    plan::{Effect, Event, EventSeverity, Precondition},
};

/// A pod of a template, controlled by an owner of its namespace (`GetPodFromTemplate`).
pub fn of_template(owner: &Object, template: &Value, name: &str, prefix: &str) -> Option<Object> {
    let mut pod = Object::from_value(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": owner.namespace(),
            "ownerReferences": [field::controller_reference(owner)],
        },
        "spec": template.get("spec").cloned().unwrap_or_default(),
    }))
    .ok()?;
    if !prefix.is_empty() {
        pod.set(&["metadata", "generateName"], prefix.into());
    }
    for part in ["labels", "annotations", "finalizers"] {
        let value = template
            .get("metadata")
            .and_then(|metadata| metadata.get(part));
        if let Some(value) = value.filter(|value| !value.is_null()) {
            pod.set(&["metadata", part], value.clone());
        }
    }
    Some(pod)
}

/// Names for new pods of an owner, without end; those of `taken` are passed over.
pub fn names<'a>(
    owner: &Object,
    prefix: &'a str,
    taken: &'a [&'a Object],
) -> impl Iterator<Item = String> + use<'a> {
    let seed = format!(
        "{}/{}",
        owner.uid().unwrap_or_default(),
        owner.resource_version().unwrap_or_default()
    );
    (0..)
        .map(move |number| name::from_seed(prefix, &seed, number))
        .filter(|name| !taken.iter().any(|pod| pod.name() == name))
}

/// Whether a pod counts: it has not ended and is not being removed (`IsPodActive`).
pub fn is_active(pod: &Object) -> bool {
    !has_ended(pod) && !field::is_deleting(pod)
}

/// Whether a pod is being removed and has not ended (`IsPodTerminating`).
pub fn is_terminating(pod: &Object) -> bool {
    !has_ended(pod) && field::is_deleting(pod)
}

/// Whether all containers of a pod have ended for good.
pub fn has_ended(pod: &Object) -> bool {
    matches!(
        field::text(pod, &["status", "phase"]),
        "Succeeded" | "Failed"
    )
}

/// Removes an object, provided that it is still the same.
pub fn remove(object: &Object) -> Effect {
    Effect::Delete {
        target: object.reference(),
        precondition: Precondition {
            uid: object.uid().map(str::to_owned),
            resource_version: None,
        },
    }
}

/// Makes a pod and tells its owner's readers.
pub fn make_told(owner: &Object, pod: Object) -> [Effect; 2] {
    let message = format!("Created pod: {}", pod.name());
    [
        Effect::Create(pod),
        tell(owner, EventSeverity::Normal, "SuccessfulCreate", message),
    ]
}

/// Removes a pod and tells its owner's readers.
pub fn remove_told(owner: &Object, pod: &Object) -> [Effect; 2] {
    let message = format!("Deleted pod: {}", pod.name());
    [
        remove(pod),
        tell(owner, EventSeverity::Normal, "SuccessfulDelete", message),
    ]
}

/// An event about an object.
pub fn tell(regarding: &Object, severity: EventSeverity, reason: &str, message: String) -> Effect {
    Effect::Event(Event {
        regarding: regarding.clone(),
        severity,
        reason: reason.to_owned(),
        message,
    })
}
