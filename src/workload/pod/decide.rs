//! One pass over a pod: binding, running, stopping.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    behaviour::Behaviour,
    container::{Container, State, later},
    environment::Sources,
    reading::{Reading, SourceKey},
    start::Run,
    status,
    surroundings::Surroundings,
};
use crate::{
    object::{
        Object,
        pod_template::{self, Reference},
    },
    plan::{Effect, Event, EventSeverity, Next, Plan, Precondition},
    workload::{condition, field},
};

/// The node that all pods run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its address, which is the `hostIP` of its pods.
    pub address: String,
}

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The pod.
    pub pod: Object,
    /// The node.
    pub node: Node,
    /// The address that the pod gets if it has none.
    pub address: String,
    /// What the pod names, as [`needs`] says.
    pub sources: Sources,
    /// Why no node takes the pod, in the words of the scheduler; looked at while it has none.
    pub refusal: Option<String>,
    /// What the applications find around them.
    pub surroundings: Arc<Surroundings>,
}

/// The Secrets and ConfigMaps that a pod names, in its own namespace.
pub fn needs(pod: &Object) -> BTreeSet<SourceKey> {
    references(pod)
        .into_iter()
        .filter(|reference| {
            reference.namespace.is_none() || reference.namespace.as_deref() == pod.namespace()
        })
        .map(|reference| SourceKey {
            kind: reference.kind,
            name: reference.name,
        })
        .collect()
}

pub(super) fn references(pod: &Object) -> Vec<Reference> {
    pod_template::references(&pod.to_value())
}

/// Decides one pass, and gives what the containers have read afterwards, to be kept once the plan is applied.
pub fn decide(snapshot: Snapshot, reading: &Reading, now: Timestamp) -> (Plan, Reading) {
    let pod = &snapshot.pod;
    let bound_to = field::text(pod, &["spec", "nodeName"]);
    let has_ended = matches!(
        field::text(pod, &["status", "phase"]),
        "Succeeded" | "Failed"
    );
    if bound_to.is_empty() {
        return (bind(&snapshot, now), reading.clone());
    }
    if bound_to != snapshot.node.name {
        return (Plan::default(), reading.clone());
    }
    if field::is_deleting(pod) {
        return (stop(&snapshot, has_ended, now), reading.clone());
    }
    if has_ended {
        return (Plan::default(), reading.clone());
    }
    Run::begin(snapshot, reading.clone(), now).finish()
}

fn bind(snapshot: &Snapshot, now: Timestamp) -> Plan {
    let pod = &snapshot.pod;
    let mut plan = Plan::default();
    if field::is_deleting(pod) {
        plan.effects.extend(remove(pod));
    } else if !field::list(pod, &["spec", "schedulingGates"]).is_empty() {
        // Somebody lifts the gates first.
    } else if let Some(why) = &snapshot.refusal {
        plan = refuse(pod, why, now);
    } else {
        plan.effects.push(Effect::Bind {
            pod: pod.reference(),
            uid: pod.uid().unwrap_or_default().to_owned(),
            node: snapshot.node.name.clone(),
        });
        let message = format!(
            "Successfully assigned {}/{} to {}",
            pod.namespace().unwrap_or_default(),
            pod.name(),
            snapshot.node.name
        );
        plan.effects
            .push(tell(pod, EventSeverity::Normal, "Scheduled", message));
    }
    plan
}

/// Leaves the pod without a node, and says why, once.
fn refuse(pod: &Object, why: &str, now: Timestamp) -> Plan {
    const SCHEDULED: &str = "PodScheduled";
    let mut conditions = field::list(pod, &["status", "conditions"]).to_vec();
    let old = condition::find(&conditions, SCHEDULED);
    if old.is_some_and(|old| condition::field(old, "message") == why) {
        return Plan::default();
    }
    let since = old
        .filter(|old| condition::field(old, "status") == "False")
        .map_or_else(
            || field::stamp(now),
            |old| condition::field(old, "lastTransitionTime").to_owned(),
        );
    let mut refused = json!({"type": SCHEDULED, "status": "False", "reason": "Unschedulable",
        "message": why, "lastTransitionTime": since});
    if let (Some(generation), Some(map)) = (pod.generation(), refused.as_object_mut()) {
        map.insert("observedGeneration".into(), generation.into());
    }
    condition::remove(&mut conditions, SCHEDULED);
    conditions.push(refused);
    let mut object = pod.clone();
    object.set(&["status", "phase"], "Pending".into());
    object.set(&["status", "conditions"], conditions.into());
    Plan {
        effects: vec![tell(
            pod,
            EventSeverity::Warning,
            "FailedScheduling",
            why.to_owned(),
        )],
        status: Some(object),
        next: Next::AwaitChange,
    }
}

/// Ends the containers when they have stopped, then removes the pod.
fn stop(snapshot: &Snapshot, has_ended: bool, now: Timestamp) -> Plan {
    let pod = &snapshot.pod;
    let mut containers = status::containers(pod);
    let is_running = containers.iter().any(Container::is_running);
    if has_ended || !is_running {
        return Plan {
            effects: remove(pod).into_iter().collect(),
            ..Plan::default()
        };
    }
    let grace = SignedDuration::from_secs(field::int(
        pod,
        &["metadata", "deletionGracePeriodSeconds"],
        0,
    ));
    let asked = field::time(pod, &["metadata", "deletionTimestamp"])
        .and_then(|end| end.checked_sub(grace).ok())
        .unwrap_or(now);
    let takes = Behaviour::of(pod).stop_after;
    let stopped = later(asked, takes.min(grace)).unwrap_or(now);
    if stopped > now {
        return Plan {
            next: Next::At(stopped),
            ..Plan::default()
        };
    }
    /// How a container ends that did not stop in time and is killed.
    const KILLED: i64 = 137;
    let code = if takes > grace { KILLED } else { 0 };
    let mut init = status::init_containers(pod);
    let mut effects = Vec::new();
    for container in containers.iter_mut().chain(&mut init) {
        if let State::Running { since } = container.state {
            container.end(code, since, field::whole_second(stopped));
            let message = format!("Stopping container {}", container.name);
            effects.push(tell(pod, EventSeverity::Normal, "Killing", message));
        }
    }
    let status = status::write(snapshot, &init, &containers, status::Stage::Stopped, now);
    let mut object = pod.clone();
    object.set(&["status"], status);
    Plan {
        effects,
        status: Some(object),
        next: Next::AwaitChange,
    }
}

/// Removes the pod for good, unless that has been asked for and something else still holds it.
fn remove(pod: &Object) -> Option<Effect> {
    let is_held = field::int(pod, &["metadata", "deletionGracePeriodSeconds"], 1) == 0
        && !field::list(pod, &["metadata", "finalizers"]).is_empty();
    (!is_held).then(|| Effect::Remove {
        target: pod.reference(),
        precondition: Precondition {
            uid: pod.uid().map(str::to_owned),
            resource_version: None,
        },
    })
}

pub(super) fn tell(pod: &Object, severity: EventSeverity, reason: &str, message: String) -> Effect {
    Effect::Event(Event {
        regarding: pod.clone(),
        severity,
        reason: reason.to_owned(),
        message,
    })
}
