//! A Deployment with its ReplicaSets, for tests: plans are applied, pods come when told.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Snapshot, decide, needs};
use crate::{
    object::{Object, patch::merge},
    plan::{Effect, Plan},
    workload::{condition, field},
};

/// A Deployment with its ReplicaSets, whose pods are as available as a test says.
pub(super) struct World {
    pub(super) deployment: Object,
    pub(super) sets: Vec<Object>,
    pub(super) now: Timestamp,
    pub(super) version: u64,
    pub(super) events: Vec<String>,
}

impl World {
    pub(super) fn new(spec: &Value) -> Self {
        let mut deployment = Object::from_value(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "n", "uid": "d", "generation": 1, "resourceVersion": "1"},
            "spec": {"selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
        }))
        .unwrap();
        for (name, value) in spec.as_object().unwrap() {
            deployment.set(&["spec", name], value.clone());
        }
        Self {
            deployment,
            sets: Vec::new(),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            version: 1,
            events: Vec::new(),
        }
    }

    pub(super) fn change(&mut self, path: &[&str], value: Value) {
        self.deployment.set(path, value);
        let generation = self.deployment.generation().unwrap() + 1;
        self.deployment
            .set(&["metadata", "generation"], generation.into());
    }

    pub(super) fn image(&mut self, image: &str) {
        let containers = json!([{"name": "c", "image": image}]);
        self.change(&["spec", "template", "spec", "containers"], containers);
    }

    pub(super) fn plan(&self) -> Plan {
        let name = needs(&self.deployment).name;
        let snapshot = Snapshot {
            deployment: self.deployment.clone(),
            replica_sets: self.sets.clone(),
            holder: self.sets.iter().find(|set| set.name() == name).cloned(),
            pods: Vec::new(),
        };
        decide(snapshot, self.now)
    }

    /// One pass; says whether anything was written.
    pub(super) fn pass(&mut self) -> bool {
        let plan = self.plan();
        let mut wrote = plan.status.is_some();
        for effect in plan.effects {
            self.version += 1;
            match effect {
                Effect::Create(mut set) => {
                    assert!(self.sets.iter().all(|other| other.name() != set.name()));
                    set.set(&["metadata", "uid"], format!("rs{}", self.version).into());
                    set.set(&["metadata", "generation"], 1.into());
                    let stamp =
                        field::stamp(self.now + SignedDuration::from_secs(self.sets.len() as i64));
                    set.set(&["metadata", "creationTimestamp"], stamp.into());
                    self.sets.push(set);
                    wrote = true;
                }
                Effect::Replace(set) => {
                    let place = self
                        .sets
                        .iter_mut()
                        .find(|other| other.uid() == set.uid())
                        .unwrap();
                    *place = set;
                    wrote = true;
                }
                Effect::Patch { target, patch, .. } => {
                    let mut object = if target.gvk.kind == "Deployment" {
                        self.deployment.to_value()
                    } else {
                        self.sets
                            .iter()
                            .find(|set| set.name() == target.name)
                            .unwrap()
                            .to_value()
                    };
                    merge::apply(&mut object, &patch);
                    let object = Object::from_value(object).unwrap();
                    if target.gvk.kind == "Deployment" {
                        self.deployment = object;
                    } else {
                        *self
                            .sets
                            .iter_mut()
                            .find(|set| set.name() == target.name)
                            .unwrap() = object;
                    }
                    wrote = true;
                }
                Effect::Delete { target, .. } => {
                    self.sets.retain(|set| set.name() != target.name);
                    wrote = true;
                }
                Effect::Event(event) => self.events.push(event.message),
                other => panic!("{other:?}"),
            }
        }
        if let Some(deployment) = plan.status {
            self.deployment = deployment;
        }
        wrote
    }

    /// Passes until nothing is written; there must be an end.
    pub(super) fn settle(&mut self) {
        for _ in 0..10 {
            if !self.pass() {
                return;
            }
        }
        panic!("no end: {:?}", self.plan());
    }

    /// Lets each ReplicaSet have its pods, `ready` of them available.
    pub(super) fn pods(&mut self, ready: impl Fn(&Object) -> i64) {
        for set in &mut self.sets {
            let wanted = field::int(set, &["spec", "replicas"], 1);
            let ready = ready(set).min(wanted);
            let generation = set.generation();
            set.set(
                &["status"],
                json!({"replicas": wanted, "readyReplicas": ready, "availableReplicas": ready,
                    "observedGeneration": generation}),
            );
        }
    }

    pub(super) fn sizes(&self) -> Vec<i64> {
        self.sets
            .iter()
            .map(|set| field::int(set, &["spec", "replicas"], -1))
            .collect()
    }

    pub(super) fn condition(&self, kind: &str) -> (String, String, String) {
        let conditions = field::list(&self.deployment, &["status", "conditions"]);
        let found = condition::find(conditions, kind).unwrap_or(&Value::Null);
        let text = |name: &str| condition::field(found, name).to_owned();
        (text("status"), text("reason"), text("message"))
    }

    pub(super) fn count(&self, name: &str) -> i64 {
        field::int(&self.deployment, &["status", name], 0)
    }
}
