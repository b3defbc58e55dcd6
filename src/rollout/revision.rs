//! A new revision: its ReplicaSet, its number, and the status as it begins.

use serde_json::{Value, json};

use super::{condition, pass::Pass, replica_set};
use crate::{
    api::rollout::{DESIRED_REPLICAS, HASH_LABEL, REVISION, REVISION_HISTORY},
    object::Object,
    plan::{Effect, Precondition},
};

/// Annotations of a Rollout that its ReplicaSets do not take over.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "notified.notifications.argoproj.io",
    DESIRED_REPLICAS,
    REVISION,
    REVISION_HISTORY,
];

/// Whether a new revision, or new steps, begin.
pub fn is_begun(pass: &Pass<'_>) -> bool {
    let text = |name: &str| {
        pass.before
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    text("currentPodHash") != pass.hash
        || text("currentStepHash") != pass.step_hash
        || pass.new_set.is_none()
}

/// Makes the ReplicaSet of the revision if there is none, numbers it, and begins the status anew.
pub fn begin(pass: &mut Pass<'_>) {
    let last = pass
        .snapshot
        .replica_sets
        .iter()
        .filter(|set| replica_set::hash_of(set) != pass.hash)
        .map(replica_set::revision)
        .max()
        .unwrap_or(0);
    let name = format!("{}-{}", pass.rollout().name(), pass.hash);
    let revision = match pass.new_set {
        None => {
            let revision = last + 1;
            let set = made(pass, &name, revision);
            pass.event(
                "RolloutUpdated",
                format!("Rollout updated to revision {revision}"),
            );
            pass.effects.push(Effect::Create(set));
            pass.event(
                "NewReplicaSetCreated",
                format!("Created ReplicaSet {name} (revision {revision})"),
            );
            progress(
                pass,
                "NewReplicaSetCreated",
                format!("Created new replica set \"{name}\""),
            );
            revision
        }
        Some(set) => {
            let had = replica_set::revision(set);
            if had <= last {
                let history = set
                    .annotation(REVISION_HISTORY)
                    .filter(|text| !text.is_empty());
                let history = history.map_or(had.to_string(), |text| format!("{text},{had}"));
                pass.effects.push(Effect::Patch {
                    target: set.reference(),
                    patch: json!({"metadata": {"annotations": {
                        REVISION: (last + 1).to_string(), REVISION_HISTORY: history}}}),
                    precondition: Precondition {
                        uid: set.uid().map(str::to_owned),
                        resource_version: None,
                    },
                });
                pass.event(
                    "RolloutUpdated",
                    format!("Rollout updated to revision {}", last + 1),
                );
            }
            progress(
                pass,
                "FoundNewReplicaSet",
                format!("Found existing replica set \"{}\"", set.name()),
            );
            had.max(last + 1)
        }
    };
    if !pass.is_promoted() {
        let hash = pass.hash.clone();
        pass.event(
            "RolloutNotCompleted",
            format!("Rollout not completed, started update to revision {revision} ({hash})"),
        );
    }
    reset(pass);
}

/// The status as a revision begins; back on the stable one, or near it, no step is taken.
fn reset(pass: &mut Pass<'_>) {
    pass.clear_pauses();
    for name in ["abort", "abortedAt", "promoteFull"] {
        pass.status.remove(name);
    }
    if let Some(canary) = pass.status.get_mut("canary").and_then(Value::as_object_mut) {
        canary.remove("currentStepAnalysisRunStatus");
        canary.remove("currentBackgroundAnalysisRunStatus");
    }
    let steps = pass.canary.steps().len();
    let mut index = 0;
    if pass.is_promoted() {
        if steps > 0
            && pass
                .before
                .get("currentPodHash")
                .and_then(Value::as_str)
                .is_some_and(|hash| hash != pass.hash)
        {
            pass.event("SkipSteps", "Rollback to stable ReplicaSets".to_owned());
        }
        index = steps;
    } else if is_within_window(pass) {
        pass.event("SkipSteps", "Rollback within the window".to_owned());
        index = steps;
    }
    if steps > 0 {
        pass.status.insert("currentStepIndex".into(), index.into());
    } else {
        pass.status.remove("currentStepIndex");
    }
    pass.status
        .insert("currentPodHash".into(), pass.hash.clone().into());
    pass.status
        .insert("currentStepHash".into(), pass.step_hash.clone().into());
}

/// Whether fewer ReplicaSets than the window lie between the new and the stable one, by their making.
fn is_within_window(pass: &Pass<'_>) -> bool {
    let (Some(window), Some(new), Some(stable)) =
        (&pass.spec.rollback_window, pass.new_set, pass.stable_set)
    else {
        return false;
    };
    let made = |set: &Object| {
        set.at(&["metadata", "creationTimestamp"])
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let (from, to) = (made(new), made(stable));
    if from >= to {
        return false;
    }
    let between = pass
        .snapshot
        .replica_sets
        .iter()
        .filter(|set| made(set) > from && made(set) < to)
        .count();
    i64::try_from(between).is_ok_and(|between| between < window.revisions)
}

fn progress(pass: &mut Pass<'_>, reason: &str, message: String) {
    let now = pass.now;
    condition::set(
        &mut pass.status,
        "Progressing",
        ("True", reason, &message),
        now,
    );
    condition::touch(&mut pass.status, "Progressing", now);
}

/// The ReplicaSet of the template, at no replicas.
fn made(pass: &Pass<'_>, name: &str, revision: i64) -> Object {
    let rollout = pass.rollout();
    let mut template = pass.template.clone();
    if template
        .get("metadata")
        .and_then(|meta| meta.get("labels"))
        .is_none()
        && let Some(template) = template.as_object_mut()
    {
        template.insert("metadata".into(), json!({"labels": {}}));
    }
    let mut selector = pass.spec.selector.clone().unwrap_or_else(|| json!({}));
    if let Some(labels) = template
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.insert(HASH_LABEL.into(), pass.hash.clone().into());
    }
    if selector.get("matchLabels").is_none_or(Value::is_null)
        && let Some(selector) = selector.as_object_mut()
    {
        selector.insert("matchLabels".into(), json!({}));
    }
    if let Some(labels) = selector
        .get_mut("matchLabels")
        .and_then(Value::as_object_mut)
    {
        labels.insert(HASH_LABEL.into(), pass.hash.clone().into());
    }
    let mut annotations: serde_json::Map<String, Value> = rollout
        .annotations()
        .into_iter()
        .filter(|(name, _)| !NOT_COPIED.contains(name))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    annotations.insert(REVISION.into(), revision.to_string().into());
    annotations.insert(
        DESIRED_REPLICAS.into(),
        pass.spec.replicas().to_string().into(),
    );
    let mut set = rollout.clone();
    set.as_map_mut().clear();
    set.set(&["apiVersion"], "apps/v1".into());
    set.set(&["kind"], "ReplicaSet".into());
    set.set(&["metadata"], json!({
        "name": name, "namespace": rollout.namespace(),
        "labels": template.pointer("/metadata/labels").cloned().unwrap_or_default(),
        "annotations": annotations,
        "ownerReferences": [{"apiVersion": rollout.api_version(), "kind": rollout.kind(), "name": rollout.name(),
            "uid": rollout.uid().unwrap_or_default(), "controller": true, "blockOwnerDeletion": true}],
    }));
    set.set(
        &["spec"],
        json!({"replicas": 0, "minReadySeconds": pass.spec.min_ready_seconds,
        "selector": selector, "template": template}),
    );
    set
}
