//! A template that another object holds: `spec.workloadRef` (upstream `rollout/templateref.go`).

use serde_json::{Value, json};

use super::{pass::Pass, replica_set, status};
use crate::{
    object::{Gvk, Object, ObjectRef},
    plan::Effect,
};

/// The kinds that hold a template, and where they stand.
const KINDS: &[(&str, &str)] = &[
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("", "PodTemplate"),
];

/// What a Rollout names: the object, or why it cannot be.
///
/// # Errors
/// A kind that holds no template, in the original's words.
pub fn target(rollout: &Object) -> Result<Option<ObjectRef>, String> {
    let Some(wanted) = rollout
        .at(&["spec", "workloadRef"])
        .filter(|wanted| !wanted.is_null())
    else {
        return Ok(None);
    };
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default();
    let gvk = Gvk::from_api_version(text("apiVersion"), text("kind"));
    let is_known = KINDS
        .iter()
        .any(|(group, kind)| *group == gvk.group && *kind == gvk.kind);
    if !is_known {
        return Err(format!(
            "workload of type {}/{} is not supported",
            gvk.group, gvk.kind
        ));
    }
    Ok(Some(ObjectRef::new(gvk, rollout.namespace(), text("name"))))
}

/// Takes the pods of the Deployment that holds the template away, as `spec.workloadRef.scaleDown` says: `onsuccess` when
/// the Rollout's first revision is healthy, `progressively` as its pods come (upstream `rollout/scale_utils.go`).
pub fn scale_down(pass: &mut Pass<'_>) {
    let rollout = pass.rollout();
    let how = rollout
        .at(&["spec", "workloadRef", "scaleDown"])
        .and_then(Value::as_str);
    let Ok(Some(target)) = target(rollout) else {
        return;
    };
    let Some(found) = pass
        .snapshot
        .object(&target)
        .filter(|_| target.gvk.kind == "Deployment")
    else {
        return;
    };
    let is_healthy = pass.text("phase") == "Healthy";
    let is_first = |revision: i64| revision == 1;
    let new = pass.new_set;
    let wanted = match how {
        Some("onsuccess") if is_first(pass.revision()) && is_healthy => 0,
        Some("progressively") if new.map(replica_set::revision).is_some_and(is_first) => {
            let ready = status::number(&pass.before, "readyReplicas");
            if is_healthy {
                0
            } else if ready > 0 || is_shrinking(pass) {
                (pass.spec.replicas() - ready).max(0)
            } else {
                return;
            }
        }
        _ => return,
    };
    let found = found.clone();
    let now = found.at(&["spec", "replicas"]).and_then(Value::as_i64);
    if now.unwrap_or(1) != wanted {
        pass.patch(&found, json!({"spec": {"replicas": wanted}}));
    }
}

/// Whether this pass takes pods of the new ReplicaSet away.
fn is_shrinking(pass: &Pass<'_>) -> bool {
    let Some(new) = pass.new_set else {
        return false;
    };
    pass.effects.iter().any(|effect| match effect {
        Effect::Patch { target, patch, .. } if *target == new.reference() => {
            let wanted = patch.pointer("/spec/replicas").and_then(Value::as_i64);
            wanted.is_some_and(|wanted| wanted < replica_set::pods(new).spec)
        }
        _ => false,
    })
}

/// The template of a workload.
pub fn template(workload: &Object) -> Option<&Value> {
    if workload.kind() == "PodTemplate" {
        workload.at(&["template"])
    } else {
        workload.at(&["spec", "template"])
    }
}

/// The selector of a workload.
pub fn selector(workload: &Object) -> Value {
    if workload.kind() == "PodTemplate" {
        let labels = workload.at(&["template", "metadata", "labels"]);
        return json!({"matchLabels": labels});
    }
    workload
        .at(&["spec", "selector"])
        .cloned()
        .unwrap_or_default()
}
