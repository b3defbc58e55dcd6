//! A store for tests: plans are applied as an API server would, pods do what a test says.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{field, member};
use crate::{
    object::{Object, patch::merge},
    plan::{Effect, Plan},
};

/// Seconds that a running pod gets to stop.
const GRACE: i64 = 30;

/// Objects by kind and name.
pub(super) struct World {
    pub(super) objects: BTreeMap<(String, String), Object>,
    pub(super) now: Timestamp,
    pub(super) events: Vec<(String, String)>,
    version: u64,
}

impl World {
    pub(super) fn new(objects: impl IntoIterator<Item = Value>) -> Self {
        let mut world = Self {
            objects: BTreeMap::new(),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            events: Vec::new(),
            version: 0,
        };
        for object in objects {
            world.add(Object::from_value(object).unwrap());
        }
        world
    }

    pub(super) fn add(&mut self, mut object: Object) {
        let key = (object.kind().to_owned(), object.name().to_owned());
        self.version += 1;
        let stamp = field::stamp(self.now);
        for (name, value) in [
            ("uid", json!(format!("uid-{}", self.version))),
            ("generation", json!(1)),
            ("creationTimestamp", json!(stamp)),
        ] {
            if object.at(&["metadata", name]).is_none() {
                object.set(&["metadata", name], value);
            }
        }
        object.set(
            &["metadata", "resourceVersion"],
            self.version.to_string().into(),
        );
        assert!(!self.objects.contains_key(&key), "{key:?} is there already");
        self.objects.insert(key, object);
    }

    pub(super) fn get(&self, kind: &str, name: &str) -> &Object {
        &self.objects[&(kind.to_owned(), name.to_owned())]
    }

    pub(super) fn all(&self, kind: &str) -> Vec<&Object> {
        let is_kind = |(key, _): &(&(String, String), &Object)| key.0 == kind;
        self.objects
            .iter()
            .filter(is_kind)
            .map(|(_, object)| object)
            .collect()
    }

    pub(super) fn names(&self, kind: &str) -> Vec<String> {
        let all = self.all(kind);
        all.iter().map(|object| object.name().to_owned()).collect()
    }

    /// Changes a field as a user does.
    pub(super) fn set(&mut self, kind: &str, name: &str, path: &[&str], value: Value) {
        let mut object = self.get(kind, name).clone();
        object.set(path, value);
        if path.first() == Some(&"spec") {
            let generation = object.generation().unwrap_or(0) + 1;
            object.set(&["metadata", "generation"], generation.into());
        }
        self.put(object);
    }

    fn put(&mut self, mut object: Object) {
        self.version += 1;
        object.set(
            &["metadata", "resourceVersion"],
            self.version.to_string().into(),
        );
        let key = (object.kind().to_owned(), object.name().to_owned());
        assert!(self.objects.contains_key(&key), "{key:?} is not there");
        let is_gone = field::is_deleting(&object)
            && field::int(&object, &["metadata", "deletionGracePeriodSeconds"], 0) == 0
            && field::list(&object, &["metadata", "finalizers"]).is_empty();
        if is_gone {
            self.objects.remove(&key);
        } else {
            self.objects.insert(key, object);
        }
    }

    /// Applies a plan, and says whether it wrote anything.
    pub(super) fn apply(&mut self, plan: Plan) -> bool {
        let mut wrote = plan.status.is_some();
        for effect in plan.effects {
            wrote |= !matches!(effect, Effect::Event(_));
            match effect {
                Effect::Create(object) => self.add(object),
                Effect::Replace(object) => self.put(object),
                Effect::Patch { target, patch, .. } | Effect::Merge { target, patch, .. } => {
                    let mut value = self.get(&target.gvk.kind, &target.name).to_value();
                    merge::apply(&mut value, &patch);
                    self.put(Object::from_value(value).unwrap());
                }
                Effect::Delete { target, .. } => self.delete(&target.gvk.kind, &target.name),
                Effect::Remove { target, .. } => {
                    self.objects.remove(&(target.gvk.kind, target.name));
                }
                Effect::Bind { pod, node, .. } => {
                    self.set("Pod", &pod.name, &["spec", "nodeName"], node.into());
                }
                Effect::Evict { pod, .. } => self.delete("Pod", &pod.name),
                Effect::Event(event) => self.events.push((event.reason, event.message)),
            }
        }
        if let Some(object) = plan.status {
            let mut stored = self.get(object.kind(), object.name()).clone();
            stored.set(
                &["status"],
                object.at(&["status"]).cloned().unwrap_or_default(),
            );
            self.put(stored);
        }
        wrote
    }

    /// Decides and applies until nothing is written; there must be an end.
    pub(super) fn settle(&mut self, decide: impl Fn(&Self) -> Plan) {
        for _ in 0..40 {
            let plan = decide(self);
            if !self.apply(plan) {
                return;
            }
        }
        panic!("no end: {:?}", decide(self));
    }

    pub(super) fn delete(&mut self, kind: &str, name: &str) {
        let mut object = self.get(kind, name).clone();
        if field::is_deleting(&object) {
            return;
        }
        let runs = kind == "Pod"
            && !member::has_ended(&object)
            && !field::text(&object, &["spec", "nodeName"]).is_empty();
        let grace = if runs { GRACE } else { 0 };
        let end = self.now + SignedDuration::from_secs(grace);
        object.set(&["metadata", "deletionTimestamp"], field::stamp(end).into());
        object.set(&["metadata", "deletionGracePeriodSeconds"], grace.into());
        self.put(object);
    }

    /// A node takes a pod, and it runs; `ready` says whether it is.
    pub(super) fn run(&mut self, pod: &str, is_ready: bool) {
        let mut object = self.get("Pod", pod).clone();
        let status = if is_ready { "True" } else { "False" };
        if field::text(&object, &["spec", "nodeName"]).is_empty() {
            object.set(&["spec", "nodeName"], "node".into());
        }
        let ready = json!({"type": "Ready", "status": status, "lastTransitionTime": field::stamp(self.now)});
        object.set(
            &["status"],
            json!({"phase": "Running", "conditions": [ready]}),
        );
        self.put(object);
    }

    /// All containers of a pod end.
    pub(super) fn end(&mut self, pod: &str, code: i64) {
        let mut object = self.get("Pod", pod).clone();
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        let ended = json!({"exitCode": code, "finishedAt": field::stamp(self.now)});
        let containers = json!([{"name": "c", "state": {"terminated": ended}}]);
        object.set(
            &["status"],
            json!({"phase": phase, "containerStatuses": containers}),
        );
        self.put(object);
    }

    /// All pods that are being removed have stopped.
    pub(super) fn stop_deleted(&mut self) {
        let names: Vec<String> = self
            .all("Pod")
            .into_iter()
            .filter(|pod| field::is_deleting(pod))
            .map(|pod| pod.name().to_owned())
            .collect();
        for name in names {
            let mut object = self.get("Pod", &name).clone();
            if !member::has_ended(&object) {
                object.set(&["status", "phase"], "Failed".into());
            }
            object.set(&["metadata", "deletionGracePeriodSeconds"], 0.into());
            self.put(object);
        }
    }

    pub(super) fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }
}
