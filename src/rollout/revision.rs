//! A new revision: its ReplicaSet, its number, and the status as it begins (upstream `rollout/sync.go`).

use serde_json::{Map, Value, json};

use super::{affinity, condition, ephemeral, pass::Pass, replica_set};
use crate::{
    api::rollout::{DESIRED_REPLICAS, EPHEMERAL_METADATA, HASH_LABEL, REVISION, REVISION_HISTORY},
    object::{Gvk, Object, ObjectRef},
    plan::Effect,
};

/// Annotations of a Rollout that its ReplicaSets do not take over.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "notified.notifications.argoproj.io",
    DESIRED_REPLICAS,
    REVISION,
    REVISION_HISTORY,
];

/// What has to be done before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Nothing.
    Nothing,
    /// The effects alone: they change what the status is written over.
    Effects,
    /// The effects, and the status.
    Status,
}

/// Numbers the revision, and makes its ReplicaSet if there is none.
pub fn sync(pass: &mut Pass<'_>) -> First {
    if pass.snapshot.is_held {
        return First::Nothing;
    }
    let last = last_but_new(pass);
    let Some(set) = pass.new_set else {
        if number(pass, last + 1) {
            return First::Effects;
        }
        return create(pass, last + 1);
    };
    if renew(pass, set, last + 1) || number(pass, replica_set::revision(set)) {
        return First::Effects;
    }
    if condition::find(&pass.status, "Progressing").is_none() {
        let text = format!("Found new replica set \"{}\"", set.name());
        let now = pass.now;
        condition::set(
            &mut pass.status,
            "Progressing",
            ("True", "FoundNewReplicaSet", &text),
            now,
        );
    }
    First::Nothing
}

/// The highest number of all ReplicaSets but the new one.
fn last_but_new(pass: &Pass<'_>) -> i64 {
    let new = pass.new_set.map(Object::name);
    let others = pass.sets().filter(|set| Some(set.name()) != new);
    others.map(replica_set::revision).max().unwrap_or(0)
}

/// Notes the number on the Rollout, unless it stands there.
fn number(pass: &mut Pass<'_>, revision: i64) -> bool {
    let rollout = pass.rollout();
    let text = revision.to_string();
    if rollout.annotation(REVISION) == Some(text.as_str()) {
        return false;
    }
    if rollout.annotation(REVISION).is_none() && pass.before.is_empty() {
        let namespace = rollout.namespace().unwrap_or_default();
        let text = format!(
            "Rollout resource added to informer: {namespace}/{}",
            rollout.name()
        );
        pass.event("RolloutAddedToInformer", text);
    }
    pass.patch(
        rollout,
        json!({"metadata": {"annotations": {REVISION: text}}}),
    );
    pass.event(
        "RolloutUpdated",
        format!("Rollout updated to revision {revision}"),
    );
    true
}

fn create(pass: &mut Pass<'_>, revision: i64) -> First {
    let target = new_ref(pass);
    if pass.snapshot.object(&target).is_some() {
        // Somebody else's, or of another template: the next hash counts the collision in.
        let collisions = pass.before.get("collisionCount").and_then(Value::as_i64);
        pass.put("collisionCount", collisions.unwrap_or(0) + 1);
        return First::Status;
    }
    let set = made(pass, &target.name, revision);
    pass.effects.push(Effect::Create(set));
    let name = &target.name;
    pass.event(
        "NewReplicaSetCreated",
        format!("Created ReplicaSet {name} (revision {revision})"),
    );
    let (now, text) = (pass.now, format!("Created new replica set \"{name}\""));
    condition::set(
        &mut pass.status,
        "Progressing",
        ("True", "NewReplicaSetCreated", &text),
        now,
    );
    First::Status
}

/// Where the ReplicaSet of the template stands, or will.
pub fn new_ref(pass: &Pass<'_>) -> ObjectRef {
    let name = format!("{}-{}", pass.rollout().name(), pass.hash);
    let gvk = Gvk::new("apps", "v1", "ReplicaSet");
    ObjectRef::new(gvk, pass.rollout().namespace(), name)
}

/// Brings number, annotations and `minReadySeconds` of the ReplicaSet up to date.
fn renew(pass: &mut Pass<'_>, set: &Object, revision: i64) -> bool {
    let mut annotations: Map<String, Value> = copied(pass.rollout())
        .filter(|(name, value)| set.annotation(name) != Some(value))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let had = replica_set::revision(set);
    if had < revision {
        annotations.insert(REVISION.into(), revision.to_string().into());
        if set.annotation(REVISION).is_some() {
            let history = set.annotation(REVISION_HISTORY).unwrap_or_default();
            let history = if history.is_empty() {
                had.to_string()
            } else {
                format!("{history},{had}")
            };
            annotations.insert(REVISION_HISTORY.into(), history.into());
        }
    }
    let mut change = Map::new();
    if !annotations.is_empty() {
        change.insert("metadata".into(), json!({"annotations": annotations}));
    }
    let seconds = pass.spec.min_ready_seconds;
    let mut spec = Map::new();
    if replica_set::count(set, &["spec", "minReadySeconds"]) != seconds {
        spec.insert("minReadySeconds".into(), seconds.into());
    }
    if let Some(affinity) = affinity::renewed(pass, set) {
        let template = json!({"spec": {"affinity": affinity}});
        spec.insert("template".into(), template);
    }
    if !spec.is_empty() {
        change.insert("spec".into(), spec.into());
    }
    if change.is_empty() {
        return false;
    }
    pass.patch(set, change.into());
    true
}

fn copied(rollout: &Object) -> impl Iterator<Item = (&str, &str)> {
    let all = rollout.annotations().into_iter();
    all.filter(|(name, _)| !NOT_COPIED.contains(name))
}

/// Whether a new revision, or new steps, begin.
pub fn is_begun(pass: &Pass<'_>) -> bool {
    let hash = pass.text("currentPodHash");
    pass.text("currentStepHash") != pass.step_hash || (!hash.is_empty() && hash != pass.hash)
}

/// The status as a revision begins; back on the stable ReplicaSet, or near it, no step is taken.
pub fn begin(pass: &mut Pass<'_>) {
    pass.is_cleared = true;
    pass.status.remove("promoteFull");
    pass.put_canary("currentStepAnalysisRunStatus", None);
    pass.put_canary("currentBackgroundAnalysisRunStatus", None);
    if let Some(at) = pass.spec.restart_at.clone() {
        pass.put("restartedAt", at);
    }
    let steps = pass.canary.steps().len();
    let mut index = 0;
    if let Some(new) = pass.new_set.filter(|_| steps > 0) {
        if pass.text("stableRS") == pass.hash {
            pass.event("SkipSteps", "Rollback to stable ReplicaSets".to_owned());
            index = steps;
        } else if is_within_window(pass) && replica_set::pods(new).spec > 0 {
            let text = "Rollback to active ReplicaSets within RollbackWindow";
            pass.event("SkipSteps", text.to_owned());
            index = steps;
        }
    }
    if steps > 0 {
        pass.put("currentStepIndex", index);
    } else {
        pass.status.remove("currentStepIndex");
    }
}

/// Whether fewer ReplicaSets than the window lie between the new and the stable one, by their making.
pub fn is_within_window(pass: &Pass<'_>) -> bool {
    let (Some(window), Some(new), Some(stable)) =
        (&pass.spec.rollback_window, pass.new_set, pass.stable_set)
    else {
        return false;
    };
    let (from, to) = (replica_set::made_at(new), replica_set::made_at(stable));
    if from >= to || window.revisions <= 0 {
        return false;
    }
    let between = pass.sets().filter(|set| {
        let at = replica_set::made_at(set);
        at > from && at < to
    });
    i64::try_from(between.count()).is_ok_and(|between| between < window.revisions)
}

/// The ReplicaSet of the template, at no replicas.
fn made(pass: &Pass<'_>, name: &str, revision: i64) -> Object {
    let rollout = pass.rollout();
    let with_hash = |labels: Option<&Value>| {
        let mut labels = labels
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        labels.insert(HASH_LABEL.into(), pass.hash.clone().into());
        labels
    };
    let labels = with_hash(pass.template.pointer("/metadata/labels"));
    let mut template = pass.template.as_object().cloned().unwrap_or_default();
    let mut metadata = match template.remove("metadata") {
        Some(Value::Object(metadata)) => metadata,
        _ => Map::new(),
    };
    metadata.insert("labels".into(), labels.clone().into());
    let injected = ephemeral::of_new(pass);
    if let Some(injected) = injected {
        ephemeral::inject(&mut metadata, injected);
    }
    template.insert("metadata".into(), metadata.into());
    if let Some(affinity) = affinity::of(pass)
        && let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut)
    {
        spec.insert("affinity".into(), affinity);
    }
    let selector = pass.snapshot.selector();
    let mut selector = selector.as_object().cloned().unwrap_or_default();
    let matched = with_hash(selector.get("matchLabels"));
    selector.insert("matchLabels".into(), matched.into());
    let mut annotations: Map<String, Value> = copied(rollout)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    annotations.insert(REVISION.into(), revision.to_string().into());
    let desired = pass.spec.replicas().to_string();
    annotations.insert(DESIRED_REPLICAS.into(), desired.into());
    if let Some(injected) = injected {
        let noted = ephemeral::noted(injected);
        annotations.insert(EPHEMERAL_METADATA.into(), noted.into());
    }
    let mut set = rollout.clone();
    set.as_map_mut().clear();
    set.set(&["apiVersion"], "apps/v1".into());
    set.set(&["kind"], "ReplicaSet".into());
    set.set(
        &["metadata"],
        json!({"name": name, "namespace": rollout.namespace(), "labels": labels,
            "annotations": annotations, "ownerReferences": [owned_by(rollout)]}),
    );
    set.set(
        &["spec"],
        json!({"replicas": 0, "minReadySeconds": pass.spec.min_ready_seconds,
            "selector": selector, "template": template}),
    );
    set
}

/// The reference by which a Rollout controls what it makes.
pub fn owned_by(rollout: &Object) -> Value {
    json!({"apiVersion": rollout.api_version(), "kind": rollout.kind(), "name": rollout.name(),
        "uid": rollout.uid().unwrap_or_default(), "controller": true, "blockOwnerDeletion": true})
}
