//! A Job with its pods, for tests.

use serde_json::{Value, json};

use super::{Snapshot, decide};
use crate::{
    object::Object,
    plan::Plan,
    workload::{condition, field, world::World},
};

pub(super) fn job(spec: &Value) -> World {
    let mut job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "work", "namespace": "n", "uid": "j"},
        "spec": {"completions": 1, "parallelism": 1, "backoffLimit": 6,
            "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "j"}},
            "template": {"metadata": {"labels": {"batch.kubernetes.io/controller-uid": "j"}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}},
    });
    for (name, value) in spec.as_object().unwrap() {
        job["spec"][name] = value.clone();
    }
    World::new([job])
}

pub(super) fn plan(world: &World) -> Plan {
    let snapshot = Snapshot {
        job: world.get("Job", "work").clone(),
        pods: world.all("Pod"),
    };
    decide(snapshot, world.now)
}

pub(super) fn count(world: &World, name: &str) -> i64 {
    field::int(world.get("Job", "work"), &["status", name], 0)
}

/// Types, reasons and states of the conditions.
pub(super) fn conditions(world: &World) -> Vec<String> {
    field::list(world.get("Job", "work"), &["status", "conditions"])
        .iter()
        .map(|found| {
            let text = |name: &str| condition::field(found, name);
            format!("{}={} {}", text("type"), text("status"), text("reason"))
        })
        .collect()
}

/// The pods that have neither ended nor are being removed.
pub(super) fn active(world: &World) -> Vec<String> {
    let is_active = |pod: &&Object| crate::workload::member::is_active(pod);
    let pods = world.all("Pod").into_iter().filter(is_active);
    pods.map(|pod| pod.name().to_owned()).collect()
}
