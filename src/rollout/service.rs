//! The selectors of the stable and the canary Service.

use serde_json::json;

use super::{pass::Pass, replica_set};
use crate::{
    api::rollout::{HASH_LABEL, MANAGED_BY},
    object::{Gvk, Object, ObjectRef},
    plan::{Effect, Precondition},
};

/// Where a Service stands.
pub fn service_ref(rollout: &Object, name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "Service"), rollout.namespace(), name)
}

/// Points the Services at their ReplicaSets.
pub fn point(pass: &mut Pass<'_>) {
    let (stable, canary) = (
        pass.canary.stable_service.clone(),
        pass.canary.canary_service.clone(),
    );
    let (stable_set, new_set) = (pass.stable_set, pass.new_set);
    target(pass, stable.as_deref(), stable_set, true);
    if pass.is_aborted() {
        let drained = !pass.canary.dynamic_stable_scale
            || pass.weights().is_none_or(|weights| weights.canary == 0);
        if drained {
            let checked = !pass.is_routed();
            target(pass, canary.as_deref(), stable_set, checked);
        }
        return;
    }
    target(pass, canary.as_deref(), new_set, true);
}

fn target(pass: &mut Pass<'_>, name: Option<&str>, set: Option<&Object>, checks: bool) {
    let (Some(name), Some(set)) = (name, set) else {
        return;
    };
    let Some(service) = pass.snapshot.object(&service_ref(pass.rollout(), name)) else {
        return;
    };
    let hash = replica_set::hash_of(set);
    if service
        .at(&["spec", "selector", HASH_LABEL])
        .and_then(serde_json::Value::as_str)
        == Some(hash)
    {
        return;
    }
    let pods = replica_set::pods(set);
    let is_managed = service.annotation(MANAGED_BY).is_some();
    let needed = if is_managed {
        1
    } else {
        pods.spec.max(pass.counts().canary.min(pods.spec))
    };
    if checks && (pods.available < needed || pods.spec == 0) {
        return;
    }
    let mut patch = json!({"spec": {"selector": {HASH_LABEL: hash}}});
    if !is_managed && let Some(patch) = patch.as_object_mut() {
        patch.insert(
            "metadata".into(),
            json!({"annotations": {MANAGED_BY: pass.rollout().name()}}),
        );
    }
    pass.effects.push(Effect::Patch {
        target: service.reference(),
        patch,
        precondition: Precondition {
            uid: service.uid().map(str::to_owned),
            resource_version: None,
        },
    });
    let from = service
        .at(&["spec", "selector", HASH_LABEL])
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    pass.event(
        "SwitchService",
        format!("Switched selector for service '{name}' from '{from}' to '{hash}'"),
    );
}
