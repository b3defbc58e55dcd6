//! A template that another object holds: `spec.workloadRef` (upstream `rollout/templateref.go`).

use serde_json::{Value, json};

use crate::object::{Gvk, Object, ObjectRef};

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
