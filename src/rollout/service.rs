//! The selectors of the stable and the canary Service (upstream `rollout/service.go`).

use serde_json::{Value, json};

use super::{pass::Pass, replica_set};
use crate::{
    api::rollout::{HASH_LABEL, MANAGED_BY},
    object::{Gvk, Object, ObjectRef},
    plan::Effect,
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
    if !pass.is_aborted() {
        if pass.going_back().is_none() {
            target(pass, canary.as_deref(), new_set, true);
        }
        return;
    }
    if pass.is_routed() {
        // With the traffic, which goes first.
        return;
    }
    target(pass, canary.as_deref(), stable_set, true);
}

/// Points the Service of an aborted canary at the stable ReplicaSet, now that its traffic has gone.
pub fn point_back(pass: &mut Pass<'_>) {
    let (canary, stable_set) = (pass.canary.canary_service.clone(), pass.stable_set);
    target(pass, canary.as_deref(), stable_set, false);
}

fn selected(service: &Object) -> &str {
    let hash = service.at(&["spec", "selector", HASH_LABEL]);
    hash.and_then(Value::as_str).unwrap_or_default()
}

/// The hash that a Service selects after what this pass has found to do.
pub fn selected_now<'p>(pass: &'p Pass<'_>, name: &str) -> Option<&'p str> {
    let target = service_ref(pass.rollout(), name);
    let switched = pass.effects.iter().rev().find_map(|effect| match effect {
        Effect::Patch {
            target: patched,
            patch,
            ..
        } if *patched == target => patch
            .get("spec")?
            .get("selector")?
            .get(HASH_LABEL)?
            .as_str(),
        _ => None,
    });
    switched.or_else(|| pass.snapshot.object(&target).map(selected))
}

fn target(pass: &mut Pass<'_>, name: Option<&str>, set: Option<&Object>, checks: bool) {
    let (Some(name), Some(set)) = (name, set) else {
        return;
    };
    let found = pass.snapshot.object(&service_ref(pass.rollout(), name));
    let Some(service) = found else {
        return;
    };
    let (from, hash) = (selected(service), replica_set::hash_of(set));
    if from == hash {
        return;
    }
    let pods = replica_set::pods(set);
    let is_managed = service.annotation(MANAGED_BY).is_some();
    // A Service that is taken over may carry all traffic, so all pods must be there.
    let is_ready =
        pods.available > 0 && (is_managed || (pods.spec != 0 && pods.spec <= pods.available));
    if checks && !is_ready {
        return;
    }
    let mut patch = json!({"spec": {"selector": {HASH_LABEL: hash}}});
    if let (false, Some(patch)) = (is_managed, patch.as_object_mut()) {
        let annotations = json!({"annotations": {MANAGED_BY: pass.rollout().name()}});
        patch.insert("metadata".into(), annotations);
    }
    pass.patch(service, patch);
    pass.event(
        "SwitchService",
        format!("Switched selector for service '{name}' from '{from}' to '{hash}'"),
    );
}

impl Pass<'_> {
    /// The hash of the canary that was left to go back to a stable ReplicaSet that scales along and is not whole yet.
    pub fn going_back(&self) -> Option<String> {
        if !self.is_promoted() || !self.is_routed() || !self.canary.dynamic_stable_scale {
            return None;
        }
        let canary = self.before.get("canary")?.get("weights")?.get("canary")?;
        let left = canary.get("podTemplateHash")?.as_str()?;
        let is_whole = self.new_pods().available >= self.spec.replicas();
        (left != self.hash && !is_whole).then(|| left.to_owned())
    }
}
