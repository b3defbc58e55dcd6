//! One pass over a Deployment: what its ReplicaSets and its status shall be.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    progress, replica_sets,
    replica_sets::{REVISION, ReplicaSet},
    scale, status,
    status::Conditions,
    strategy, template,
};
use crate::{
    object::{LabelSelector, Object, ObjectRef},
    plan::{Effect, Plan, Precondition},
    workload::{adopt, field},
};

/// `apiVersion` and `kind` of what is decided here.
pub const DEPLOYMENT: (&str, &str) = ("apps/v1", "Deployment");

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The Deployment.
    pub deployment: Object,
    /// ReplicaSets of its namespace that it controls, and those that nobody controls.
    pub replica_sets: Vec<Object>,
    /// Whatever has the name that [`needs`] gives, if it is not among `replica_sets`.
    pub holder: Option<Object>,
    /// Pods controlled by its ReplicaSets; only looked at where all are replaced at once (`Recreate`).
    pub pods: Vec<Object>,
}

/// The ReplicaSet that the Deployment would make now: a snapshot says whether its name is taken.
pub fn needs(deployment: &Object) -> ObjectRef {
    let gvk = crate::object::Gvk::from_api_version("apps/v1", "ReplicaSet");
    ObjectRef::new(gvk, deployment.namespace(), template::new_name(deployment))
}

/// A pass in progress.
pub(super) struct Pass {
    pub(super) deployment: Object,
    /// The one with the Deployment's template.
    pub(super) new: Option<ReplicaSet>,
    /// All others, oldest first.
    pub(super) old: Vec<ReplicaSet>,
    pub(super) conditions: Conditions,
    /// ReplicaSets to remove.
    pub(super) removed: Vec<Effect>,
}

impl Pass {
    pub(super) fn all(&self) -> impl Iterator<Item = &ReplicaSet> {
        self.old.iter().chain(&self.new)
    }
}

/// Decides one pass (`syncDeployment`): adoption, revision, scaling, progress and status.
pub fn decide(snapshot: Snapshot, now: Timestamp) -> Plan {
    let Snapshot {
        deployment,
        replica_sets,
        holder,
        pods,
    } = snapshot;
    let selector = deployment
        .at(&["spec", "selector"])
        .and_then(|selector| LabelSelector::from_value(selector).ok());
    let Some(selector) = selector else {
        return Plan::default();
    };
    let claim = adopt::claim(&deployment, &selector, replica_sets);
    if !claim.effects.is_empty() {
        return Plan {
            effects: claim.effects,
            ..Plan::default()
        };
    }
    let mut pass = begin(deployment, claim.owned);
    if field::is_deleting(&pass.deployment) {
        let status = status::count(&mut pass, now);
        return finish(pass, status, now);
    }
    progress::note_pause(&mut pass, now);
    if let Some(plan) = renew_existing(&mut pass, now) {
        return plan;
    }
    let paused = field::is_true(&pass.deployment, &["spec", "paused"]);
    if paused || is_scaling(&pass) {
        scale::proportionally(&mut pass);
        if paused {
            clean_up(&mut pass);
        }
        let status = status::count(&mut pass, now);
        return finish(pass, status, now);
    }
    let stopped = if strategy::is_rolling(&pass.deployment) {
        roll(&mut pass, holder.as_ref(), now)
    } else {
        recreate(&mut pass, &pods, holder.as_ref(), now)
    };
    if let Some(plan) = stopped {
        return plan;
    }
    let counted = status::count(&mut pass, now);
    let status = progress::estimate(&mut pass, counted, now);
    finish(pass, status, now)
}

fn begin(deployment: Object, owned: Vec<Object>) -> Pass {
    let mut old: Vec<ReplicaSet> = owned.into_iter().map(ReplicaSet::read).collect();
    old.sort_by(|a, b| (a.created(), a.name()).cmp(&(b.created(), b.name())));
    let wanted = deployment.at(&["spec", "template"]).unwrap_or(&Value::Null);
    let new = old
        .iter()
        .position(|set| {
            let has = set.object.at(&["spec", "template"]).unwrap_or(&Value::Null);
            template::is_equal(has, wanted)
        })
        .map(|index| old.remove(index));
    Pass {
        conditions: Conditions::read(&deployment),
        deployment,
        new,
        old,
        removed: Vec::new(),
    }
}

/// Numbers the ReplicaSet that is there already; gives a plan when the Deployment itself must be written first.
fn renew_existing(pass: &mut Pass, now: Timestamp) -> Option<Plan> {
    let revision = next_revision(pass);
    let new = pass.new.as_mut()?;
    new.number(&pass.deployment, revision);
    new.set_min_ready(field::int(
        &pass.deployment,
        &["spec", "minReadySeconds"],
        0,
    ));
    let name = new.name().to_owned();
    let text = new
        .object
        .annotation(REVISION)
        .unwrap_or_default()
        .to_owned();
    if pass.deployment.annotation(REVISION) != Some(text.as_str()) {
        let patch = number_deployment(&pass.deployment, &text);
        let mut effects = pass.new.take()?.effects(&pass.deployment);
        effects.push(patch);
        return Some(Plan {
            effects,
            ..Plan::default()
        });
    }
    progress::note_found(pass, &name, now);
    None
}

fn next_revision(pass: &Pass) -> i64 {
    pass.old
        .iter()
        .map(ReplicaSet::revision)
        .max()
        .unwrap_or(0)
        .saturating_add(1)
}

/// The status is written over the version that was read, so a new annotation has a pass of its own.
fn number_deployment(deployment: &Object, revision: &str) -> Effect {
    Effect::Patch {
        target: deployment.reference(),
        patch: json!({"metadata": {"annotations": {REVISION: revision}}}),
        precondition: Precondition {
            uid: deployment.uid().map(str::to_owned),
            resource_version: deployment.resource_version().map(str::to_owned),
        },
    }
}

fn is_scaling(pass: &Pass) -> bool {
    let wanted = strategy::replicas(&pass.deployment);
    pass.all()
        .filter(|set| set.replicas() > 0)
        .any(|set| set.desired_replicas().is_some_and(|noted| noted != wanted))
}

/// Makes the new ReplicaSet; gives a plan when something else must be written first.
fn make_new(pass: &mut Pass, holder: Option<&Object>, now: Timestamp) -> Option<Plan> {
    let revision = next_revision(pass);
    if pass.deployment.annotation(REVISION) != Some(revision.to_string().as_str()) {
        let patch = number_deployment(&pass.deployment, &revision.to_string());
        return Some(Plan {
            effects: vec![patch],
            ..Plan::default()
        });
    }
    if holder.is_some() {
        // Somebody has the name already: the next count gives another.
        let count = field::int(&pass.deployment, &["status", "collisionCount"], 0);
        let mut status = pass.deployment.clone();
        status.set(&["status", "collisionCount"], (count + 1).into());
        return Some(Plan {
            status: Some(status),
            ..Plan::default()
        });
    }
    let size = scale::first_size(pass);
    let new = ReplicaSet::make(&pass.deployment, size, revision)?;
    progress::note_created(pass, new.name(), now);
    pass.new = Some(new);
    None
}

fn roll(pass: &mut Pass, holder: Option<&Object>, now: Timestamp) -> Option<Plan> {
    if pass.new.is_none()
        && let Some(plan) = make_new(pass, holder, now)
    {
        return Some(plan);
    }
    if !scale::new_of_rolling(pass) && !scale::old_of_rolling(pass) && status::was_complete(pass) {
        clean_up(pass);
    }
    None
}

fn recreate(
    pass: &mut Pass,
    pods: &[Object],
    holder: Option<&Object>,
    now: Timestamp,
) -> Option<Plan> {
    let mut scaled = false;
    for set in &mut pass.old {
        if set.replicas() > 0 {
            scaled |= set.scale(0, &pass.deployment, false);
        }
    }
    if scaled || are_old_pods_running(pass, pods) {
        return None;
    }
    if pass.new.is_none()
        && let Some(plan) = make_new(pass, holder, now)
    {
        return Some(plan);
    }
    if let Some(new) = pass.new.as_mut() {
        new.scale(
            strategy::replicas(&pass.deployment),
            &pass.deployment,
            false,
        );
    }
    if status::was_complete(pass) {
        clean_up(pass);
    }
    None
}

fn are_old_pods_running(pass: &Pass, pods: &[Object]) -> bool {
    let new_uid = pass.new.as_ref().and_then(|set| set.object.uid());
    replica_sets::counted(&pass.old, "replicas") > 0
        || pods.iter().any(|pod| {
            let phase = field::text(pod, &["status", "phase"]);
            let owner = pod.controller_uid();
            !matches!(phase, "Failed" | "Succeeded")
                && (new_uid.is_none() || owner != new_uid)
                && pass.old.iter().any(|set| set.object.uid() == owner)
        })
}

/// Removes the oldest revisions above the limit that have no pods (`cleanupDeployment`).
fn clean_up(pass: &mut Pass) {
    /// How many are kept where nobody says.
    const KEPT: i64 = 10;
    let limit = field::int(&pass.deployment, &["spec", "revisionHistoryLimit"], KEPT);
    if limit == i64::from(i32::MAX) {
        return;
    }
    let mut alive: Vec<&ReplicaSet> = pass
        .old
        .iter()
        .filter(|set| !field::is_deleting(&set.object))
        .collect();
    let excess = usize::try_from(limit).map_or(0, |limit| alive.len().saturating_sub(limit));
    alive.sort_by_key(|set| (set.revision(), set.created()));
    for set in alive.into_iter().take(excess) {
        let unseen = set.object.generation().unwrap_or(0) > set.status("observedGeneration");
        if set.status("replicas") != 0 || set.replicas() != 0 || unseen {
            continue;
        }
        pass.removed.push(Effect::Delete {
            target: set.object.reference(),
            precondition: Precondition {
                uid: set.object.uid().map(str::to_owned),
                resource_version: None,
            },
        });
    }
}

fn finish(pass: Pass, status: Value, now: Timestamp) -> Plan {
    let next = progress::next(&pass, &status, now);
    let Pass {
        deployment,
        new,
        old,
        removed,
        ..
    } = pass;
    let mut effects = Vec::new();
    for set in new.into_iter().chain(old) {
        effects.extend(set.effects(&deployment));
    }
    effects.extend(removed);
    let changed = status::is_changed(&deployment, &status);
    let status = changed.then(|| {
        let mut object = deployment;
        object.set(&["status"], status);
        object
    });
    Plan {
        effects,
        status,
        next,
    }
}
