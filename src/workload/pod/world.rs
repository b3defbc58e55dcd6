//! One pod on its node, for tests: time passes, sources come and go, plans are applied.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::{
    object::{Object, pod_template::SourceKind},
    plan::{Effect, Next, Plan},
    workload::{condition, field},
};

/// One pod on its node, with time, sources, and what was read.
pub(super) struct World {
    pub(super) pod: Object,
    pub(super) sources: Sources,
    pub(super) reading: Reading,
    pub(super) now: Timestamp,
    pub(super) events: Vec<String>,
    pub(super) is_gone: bool,
    pub(super) refusal: Option<String>,
    pub(super) surroundings: Surroundings,
}

impl World {
    pub(super) fn new(spec: &Value, annotations: &Value) -> Self {
        let mut pod = Object::from_value(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "n", "uid": "u", "annotations": annotations},
            "spec": {"nodeName": "node", "containers": [{"name": "c", "image": "i:1"}]},
        }))
        .unwrap();
        for (name, value) in spec.as_object().unwrap() {
            pod.set(&["spec", name], value.clone());
        }
        Self {
            pod,
            sources: Sources::default(),
            reading: Reading::default(),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            events: Vec::new(),
            is_gone: false,
            refusal: None,
            surroundings: Surroundings::default(),
        }
    }

    pub(super) fn put(&mut self, kind: SourceKind, name: &str, version: &str, more: &Value) {
        let mut object = Object::from_value(json!({"apiVersion": "v1", "kind": kind.as_str(),
            "metadata": {"name": name, "namespace": "n", "uid": name, "resourceVersion": version}}))
        .unwrap();
        for (field, value) in more.as_object().unwrap() {
            object.set(&[field], value.clone());
        }
        let key = SourceKey {
            kind,
            name: name.to_owned(),
        };
        self.sources.0.insert(key, Arc::new(object));
    }

    pub(super) fn secret(&mut self, name: &str, version: &str) {
        self.put(
            SourceKind::Secret,
            name,
            version,
            &json!({"data": {"k": "dg=="}}),
        );
    }

    pub(super) fn plan(&self) -> (Plan, Reading) {
        let snapshot = Snapshot {
            pod: self.pod.clone(),
            node: Node {
                name: "node".into(),
                address: "10.128.0.2".into(),
            },
            address: "10.244.0.9".into(),
            sources: self.sources.clone(),
            refusal: self.refusal.clone(),
            surroundings: Arc::new(self.surroundings.clone()),
        };
        decide(snapshot, &self.reading, self.now)
    }

    /// One pass; then a second one must find nothing to do, unless the pod was just bound, or told to go.
    pub(super) fn pass(&mut self) -> Next {
        let was_bound = !field::text(&self.pod, &["spec", "nodeName"]).is_empty();
        let (plan, reading) = self.plan();
        self.reading = reading;
        for effect in plan.effects {
            match effect {
                Effect::Event(event) => self.events.push(event.message),
                Effect::Bind { node, .. } => self.pod.set(&["spec", "nodeName"], node.into()),
                Effect::Remove { .. } => self.is_gone = true,
                other => panic!("{other:?}"),
            }
        }
        if let Some(pod) = plan.status {
            self.pod = pod;
        }
        if was_bound && !field::is_deleting(&self.pod) {
            let (again, reading) = self.plan();
            assert_eq!((&again.effects, &again.status), (&vec![], &None));
            assert_eq!(reading, self.reading);
        }
        plan.next
    }

    pub(super) fn after(&mut self, seconds: i64) -> Next {
        self.now += SignedDuration::from_secs(seconds);
        self.pass()
    }

    pub(super) fn phase(&self) -> &str {
        field::text(&self.pod, &["status", "phase"])
    }

    pub(super) fn is(&self, kind: &str) -> bool {
        condition::is_true(field::list(&self.pod, &["status", "conditions"]), kind)
    }

    pub(super) fn container(&self) -> &Value {
        &field::list(&self.pod, &["status", "containerStatuses"])[0]
    }

    pub(super) fn waiting(&self) -> (&str, &str) {
        let waiting = &self.container()["state"]["waiting"];
        (
            condition::field(waiting, "reason"),
            condition::field(waiting, "message"),
        )
    }
}
