//! DaemonSet: one pod on each node that takes it.

mod update;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{adopt, field, member, replica_set, revision, revision::Found, scheduling};
use crate::{
    object::{Gvk, LabelSelector, Object, ObjectRef},
    plan::{Effect, EventSeverity, Next, Plan},
};

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// The DaemonSet.
    pub daemon_set: Object,
    /// All nodes.
    pub nodes: Vec<&'a Object>,
    /// Pods of its namespace that it controls, and those that nobody controls.
    pub pods: Vec<&'a Object>,
    /// ControllerRevisions likewise.
    pub revisions: Vec<Object>,
    /// Whatever has the name that [`needs`] gives.
    pub holder: Option<Object>,
}

/// The revision that the DaemonSet would make now: a snapshot says whether its name is taken.
pub fn needs(daemon_set: &Object) -> ObjectRef {
    let gvk = Gvk::from_api_version("apps/v1", "ControllerRevision");
    ObjectRef::new(gvk, daemon_set.namespace(), revision::new_name(daemon_set))
}

/// Decides one pass (`syncDaemonSet`): revision, pods to make or remove, update, status.
pub fn decide(snapshot: Snapshot<'_>, now: Timestamp) -> Plan {
    let Snapshot {
        daemon_set,
        nodes,
        pods,
        revisions,
        holder,
    } = snapshot;
    let selector = daemon_set
        .at(&["spec", "selector"])
        .and_then(|selector| LabelSelector::from_value(selector).ok());
    let Some(selector) = selector else {
        return Plan::default();
    };
    if field::is_deleting(&daemon_set) {
        return Plan::default();
    }
    let pods = adopt::claim(&daemon_set, &selector, pods);
    let revisions = adopt::claim(&daemon_set, &selector, revisions);
    let claims = [pods.effects, revisions.effects].concat();
    if !claims.is_empty() {
        return Plan {
            effects: claims,
            ..Plan::default()
        };
    }
    let (update, old) = match revision::find(&daemon_set, revisions.owned, holder.as_ref()) {
        Found::Ready { update, old } => (update, old),
        Found::First(effects) => {
            return Plan {
                effects,
                ..Plan::default()
            };
        }
        Found::Collision => return revision::collided(&daemon_set),
    };
    let pass = Pass::begin(daemon_set, nodes, &pods.owned, &update, now);
    let mut effects = pass.manage();
    let is_rolling =
        field::text(&pass.daemon_set, &["spec", "updateStrategy", "type"]) != "OnDelete";
    if effects.is_empty() && is_rolling {
        effects = pass.roll();
    }
    let is_live = |revision: &Object| {
        let hash = revision.label(revision::POD_HASH);
        pods.owned
            .iter()
            .any(|pod| pod.label(revision::POD_HASH) == hash)
    };
    let limit = field::int(&pass.daemon_set, &["spec", "revisionHistoryLimit"], 10);
    effects.extend(revision::truncate(&old, is_live, limit));
    pass.finish(effects)
}

/// A node with the pods that are on it, or made for it.
struct Place<'a> {
    node: &'a Object,
    should_run: bool,
    may_stay: bool,
    pods: Vec<&'a Object>,
}

/// A pass in progress.
struct Pass<'a> {
    daemon_set: Object,
    /// A pod of the template as it is now, without a node.
    model: Option<Object>,
    hash: String,
    places: Vec<Place<'a>>,
    now: Timestamp,
}

impl<'a> Pass<'a> {
    fn begin(
        daemon_set: Object,
        nodes: Vec<&'a Object>,
        pods: &[&'a Object],
        update: &Object,
        now: Timestamp,
    ) -> Self {
        let hash = update
            .label(revision::POD_HASH)
            .unwrap_or_default()
            .to_owned();
        let model = model(&daemon_set, &hash);
        let mut by_node: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
        for pod in pods {
            if field::is_deleting(pod) && member::has_ended(pod) {
                continue;
            }
            by_node.entry(node_of(pod)).or_default().push(pod);
        }
        let places = nodes
            .into_iter()
            .map(|node| {
                let mut pods = by_node.remove(node.name()).unwrap_or_default();
                pods.sort_by_key(|pod| {
                    let is_waiting = field::text(pod, &["spec", "nodeName"]).is_empty();
                    (is_waiting, field::created(pod), pod.name())
                });
                let fits = |judge: &dyn Fn(&Object) -> bool| model.as_ref().is_some_and(judge);
                Place {
                    node,
                    should_run: fits(&|pod| scheduling::refusal(pod, node).is_none()),
                    may_stay: fits(&|pod| scheduling::may_stay(pod, node)),
                    pods,
                }
            })
            .collect();
        Self {
            daemon_set,
            model,
            hash,
            places,
            now,
        }
    }

    fn min_ready(&self) -> SignedDuration {
        SignedDuration::from_secs(field::int(
            &self.daemon_set,
            &["spec", "minReadySeconds"],
            0,
        ))
    }

    fn is_available(&self, pod: &Object) -> bool {
        replica_set::is_available(pod, self.min_ready(), self.now)
    }

    fn is_updated(&self, pod: &Object) -> bool {
        pod.label(revision::POD_HASH) == Some(&self.hash)
    }

    /// Makes pods where they are missing, and removes those that should not be (`podsShouldBeOnNode`).
    fn manage(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for place in &self.places {
            if place.should_run && place.pods.is_empty() {
                effects.extend(self.make(place.node));
                continue;
            }
            let live = place.pods.iter().filter(|pod| !field::is_deleting(pod));
            if !place.may_stay {
                for pod in live {
                    effects.extend(member::remove_told(&self.daemon_set, pod));
                }
                continue;
            }
            let mut running = Vec::new();
            for pod in live {
                let (what, verb, severity, reason) = match field::text(pod, &["status", "phase"]) {
                    "Failed" => ("failed", "kill", EventSeverity::Warning, "FailedDaemonPod"),
                    "Succeeded" => (
                        "succeeded",
                        "delete",
                        EventSeverity::Normal,
                        "SucceededDaemonPod",
                    ),
                    _ => {
                        running.push(*pod);
                        continue;
                    }
                };
                let message = format!(
                    "Found {what} daemon pod {}/{} on node {}, will try to {verb} it",
                    pod.namespace().unwrap_or_default(),
                    pod.name(),
                    place.node.name()
                );
                effects.push(member::tell(&self.daemon_set, severity, reason, message));
                effects.extend(member::remove_told(&self.daemon_set, pod));
            }
            effects.extend(self.prune(place, &running));
        }
        effects
    }

    /// Removes pods of a node beyond the one, or the two of an update with surge.
    fn prune(&self, place: &Place<'_>, running: &[&Object]) -> Vec<Effect> {
        let removed = |pods: &[&Object]| -> Vec<Effect> {
            pods.iter()
                .flat_map(|pod| member::remove_told(&self.daemon_set, pod))
                .collect()
        };
        if self.max_surge() == 0 {
            return removed(running.get(1..).unwrap_or_default());
        }
        if running.is_empty() && place.should_run {
            return self.make(place.node);
        }
        let (new, old): (Vec<&Object>, Vec<&Object>) =
            running.iter().partition(|pod| self.is_updated(pod));
        let mut surplus: Vec<&Object> = Vec::new();
        surplus.extend(new.get(1..).unwrap_or_default());
        surplus.extend(old.get(1..).unwrap_or_default());
        if let (Some(new), Some(old)) = (new.first(), old.first())
            && (!replica_set::is_ready(old) || self.is_available(new))
        {
            surplus.push(old);
        }
        removed(&surplus)
    }

    /// A pod for one node, by an affinity that only this node has.
    fn make(&self, node: &Object) -> Vec<Effect> {
        let Some(mut pod) = self.model.clone() else {
            return Vec::new();
        };
        let taken: Vec<&Object> = self
            .places
            .iter()
            .flat_map(|place| place.pods.iter().copied())
            .collect();
        let prefix = format!("{}-", self.daemon_set.name());
        // The place of the node among all keeps names apart that one pass gives.
        let index = self
            .places
            .iter()
            .position(|place| place.node.name() == node.name())
            .unwrap_or(0);
        let Some(name) = member::names(&self.daemon_set, &prefix, &taken).nth(index) else {
            return Vec::new();
        };
        pod.set(&["metadata", "name"], name.into());
        let path = [
            "spec",
            "affinity",
            "nodeAffinity",
            "requiredDuringSchedulingIgnoredDuringExecution",
            "nodeSelectorTerms",
        ];
        let only = json!([{"matchFields":
            [{"key": "metadata.name", "operator": "In", "values": [node.name()]}]}]);
        pod.set(&path, only);
        member::make_told(&self.daemon_set, pod).to_vec()
    }

    fn finish(self, effects: Vec<Effect>) -> Plan {
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        let mut next = None;
        for place in &self.places {
            let mut add = |name| *counts.entry(name).or_default() += 1;
            if !place.should_run {
                if !place.pods.is_empty() {
                    add("numberMisscheduled");
                }
                continue;
            }
            add("desiredNumberScheduled");
            let Some(pod) = place.pods.first() else {
                continue;
            };
            add("currentNumberScheduled");
            if replica_set::is_ready(pod) {
                add("numberReady");
                if self.is_available(pod) {
                    add("numberAvailable");
                } else {
                    let at = replica_set::ready_since(pod)
                        .and_then(|since| since.checked_add(self.min_ready()).ok());
                    next = next.into_iter().chain(at).min();
                }
            }
            if self.is_updated(pod) {
                add("updatedNumberScheduled");
            }
        }
        let of = |name: &str| counts.get(name).copied().unwrap_or(0);
        let mut status = Map::new();
        for name in [
            "currentNumberScheduled",
            "desiredNumberScheduled",
            "numberMisscheduled",
            "numberReady",
        ] {
            status.insert(name.into(), of(name).into());
        }
        let unavailable = of("desiredNumberScheduled") - of("numberAvailable");
        for (name, count) in [
            ("updatedNumberScheduled", of("updatedNumberScheduled")),
            ("numberAvailable", of("numberAvailable")),
            ("numberUnavailable", unavailable),
            (
                "observedGeneration",
                self.daemon_set.generation().unwrap_or(0),
            ),
        ] {
            if count != 0 {
                status.insert(name.into(), count.into());
            }
        }
        if let Some(collisions) = self.daemon_set.at(&["status", "collisionCount"]) {
            status.insert("collisionCount".into(), collisions.clone());
        }
        let status = Value::Object(status);
        let mut plan = Plan {
            effects,
            next: next.map_or(Next::AwaitChange, Next::At),
            ..Plan::default()
        };
        let before = self.daemon_set.at(&["status"]).unwrap_or(&Value::Null);
        if field::significant(before) != field::significant(&status) {
            let mut object = self.daemon_set;
            object.set(&["status"], status);
            plan.status = Some(object);
        }
        plan
    }
}

/// The node that a pod is on, or that it was made for.
fn node_of(pod: &Object) -> &str {
    let bound = field::text(pod, &["spec", "nodeName"]);
    if !bound.is_empty() {
        return bound;
    }
    let terms = [
        "spec",
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    ];
    field::list(pod, &terms)
        .iter()
        .filter_map(|term| term.get("matchFields")?.as_array())
        .flatten()
        .find(|expression| expression.get("key").and_then(Value::as_str) == Some("metadata.name"))
        .and_then(|expression| expression.get("values")?.get(0)?.as_str())
        .unwrap_or_default()
}

/// A pod of the template with the tolerations that all daemons have (`CreatePodTemplate`).
fn model(daemon_set: &Object, hash: &str) -> Option<Object> {
    let template = daemon_set.at(&["spec", "template"])?;
    let prefix = format!("{}-", daemon_set.name());
    let mut pod = member::of_template(daemon_set, template, "", &prefix)?;
    pod.set(&["metadata", "labels", revision::POD_HASH], hash.into());
    let mut tolerations = field::list(&pod, &["spec", "tolerations"]).to_vec();
    let is_on_host = field::is_true(&pod, &["spec", "hostNetwork"]);
    for (key, effect) in [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
        ("network-unavailable", "NoSchedule"),
    ] {
        let toleration = json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect});
        let is_needed = key != "network-unavailable" || is_on_host;
        if is_needed && !tolerations.contains(&toleration) {
            tolerations.push(toleration);
        }
    }
    pod.set(&["spec", "tolerations"], tolerations.into());
    Some(pod)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
