//! ReplicaSet: keeps a number of pods of one template.

mod victim;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{adopt, condition, field, member};
use crate::{
    object::{LabelSelector, Object},
    plan::{Effect, Next, Plan},
};

pub use victim::{first, is_available, is_ready, ready_since};

/// The most pods that one pass makes or removes.
const BURST: usize = 500;

const REPLICA_FAILURE: &str = "ReplicaFailure";

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// The ReplicaSet.
    pub replica_set: Object,
    /// Pods of its namespace that it controls, and those that nobody controls.
    pub pods: Vec<&'a Object>,
    /// Why the last pass could not make or remove a pod, if it could not.
    pub failure: Option<String>,
}

/// Decides one pass (`syncReplicaSet`): adoption, pods to make or remove, status.
pub fn decide(snapshot: Snapshot<'_>, now: Timestamp) -> Plan {
    let Snapshot {
        replica_set,
        pods,
        failure,
    } = snapshot;
    let selector = replica_set
        .at(&["spec", "selector"])
        .and_then(|selector| LabelSelector::from_value(selector).ok());
    let Some(selector) = selector else {
        return Plan::default();
    };
    let claim = adopt::claim(&replica_set, &selector, pods);
    if !claim.effects.is_empty() {
        return Plan {
            effects: claim.effects,
            ..Plan::default()
        };
    }
    let (active, inactive): (Vec<&Object>, Vec<&Object>) = claim
        .owned
        .into_iter()
        .partition(|pod| member::is_active(pod));
    let mut plan = Plan::default();
    if !field::is_deleting(&replica_set) {
        plan.effects = manage(&replica_set, &active, &inactive, now);
    }
    let terminating = inactive
        .iter()
        .filter(|pod| member::is_terminating(pod))
        .count();
    let status = status(&replica_set, &active, terminating, failure.as_deref(), now);
    plan.next = next(&replica_set, &active, now);
    if is_changed(&replica_set, &status) {
        let mut object = replica_set;
        object.set(&["status"], status);
        plan.status = Some(object);
    }
    plan
}

fn wanted(replica_set: &Object) -> usize {
    usize::try_from(field::int(replica_set, &["spec", "replicas"], 1)).unwrap_or(0)
}

fn manage(
    replica_set: &Object,
    active: &[&Object],
    inactive: &[&Object],
    now: Timestamp,
) -> Vec<Effect> {
    let wanted = wanted(replica_set);
    if active.len() < wanted {
        let missing = (wanted - active.len()).min(BURST);
        let prefix = format!("{}-", replica_set.name());
        let taken: Vec<&Object> = active.iter().chain(inactive).copied().collect();
        let template = replica_set
            .at(&["spec", "template"])
            .unwrap_or(&Value::Null);
        member::names(replica_set, &prefix, &taken)
            .take(missing)
            .filter_map(|name| member::of_template(replica_set, template, &name, &prefix))
            .flat_map(|pod| member::make_told(replica_set, pod))
            .collect()
    } else {
        let surplus = (active.len() - wanted).min(BURST);
        victim::first(active, surplus, now)
            .into_iter()
            .flat_map(|pod| member::remove_told(replica_set, pod))
            .collect()
    }
}

fn status(
    replica_set: &Object,
    active: &[&Object],
    terminating: usize,
    failure: Option<&str>,
    now: Timestamp,
) -> Value {
    let min_ready = min_ready(replica_set);
    let template_labels = replica_set
        .at(&["spec", "template", "metadata", "labels"])
        .and_then(Value::as_object);
    let is_labelled = |pod: &&&Object| {
        template_labels
            .into_iter()
            .flatten()
            .all(|(name, value)| pod.label(name) == value.as_str())
    };
    let mut status = Map::new();
    status.insert("replicas".into(), active.len().into());
    let mut put = |name: &str, count: usize| {
        if count > 0 {
            status.insert(name.to_owned(), count.into());
        }
    };
    put(
        "fullyLabeledReplicas",
        active.iter().filter(is_labelled).count(),
    );
    put(
        "readyReplicas",
        active.iter().filter(|pod| is_ready(pod)).count(),
    );
    put(
        "availableReplicas",
        active
            .iter()
            .filter(|pod| is_available(pod, min_ready, now))
            .count(),
    );
    status.insert("terminatingReplicas".into(), terminating.into());
    let generation = replica_set.generation().unwrap_or(0);
    if generation != 0 {
        status.insert("observedGeneration".into(), generation.into());
    }
    let mut conditions = field::list(replica_set, &["status", "conditions"]).to_vec();
    match (failure, condition::find(&conditions, REPLICA_FAILURE)) {
        (Some(message), None) => {
            let reason = if active.len() < wanted(replica_set) {
                "FailedCreate"
            } else {
                "FailedDelete"
            };
            conditions.push(json!({
                "type": REPLICA_FAILURE, "status": "True", "reason": reason, "message": message,
                "lastTransitionTime": field::stamp(now),
            }));
        }
        (None, Some(_)) => condition::remove(&mut conditions, REPLICA_FAILURE),
        _ => {}
    }
    if !conditions.is_empty() {
        status.insert("conditions".into(), conditions.into());
    }
    Value::Object(status)
}

fn min_ready(replica_set: &Object) -> SignedDuration {
    SignedDuration::from_secs(field::int(replica_set, &["spec", "minReadySeconds"], 0))
}

/// When the next ready pod will have been ready long enough.
fn next(replica_set: &Object, active: &[&Object], now: Timestamp) -> Next {
    let min_ready = min_ready(replica_set);
    active
        .iter()
        .filter_map(|pod| ready_since(pod))
        .filter_map(|since| since.checked_add(min_ready).ok())
        .filter(|at| *at > now)
        .min()
        .map_or(Next::AwaitChange, Next::At)
}

fn is_changed(replica_set: &Object, status: &Value) -> bool {
    const COUNTS: [&str; 6] = [
        "replicas",
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
        "terminatingReplicas",
        "observedGeneration",
    ];
    // A status that was never written says nothing, not even nought.
    replica_set.at(&["status", "replicas"]).is_none()
        || COUNTS.iter().any(|count| {
            field::int(replica_set, &["status", count], 0)
                != status.get(count).and_then(Value::as_i64).unwrap_or(0)
        })
        || field::list(replica_set, &["status", "conditions"])
            != status
                .get("conditions")
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice)
}

#[cfg(test)]
mod tests;
