//! Health of a Rollout.

use super::health::{Health, HealthStatus, text};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    let observed = match object.at(&["status", "observedGeneration"]) {
        // It is a text, for history's sake.
        Some(serde_json::Value::String(text)) => text.parse().ok(),
        Some(number) => number.as_i64(),
        None => None,
    };
    if observed != object.generation() {
        return Some(Health::progressing(
            "Waiting for rollout to finish: observed rollout generation less then desired generation",
        ));
    }
    // The workload that the Rollout refers to has a generation of its own.
    let of_workload = object.annotation("rollout.argoproj.io/workload-generation");
    if object.at(&["spec", "workloadRef"]).is_some()
        && of_workload
            .is_some_and(|wanted| wanted != text(object, &["status", "workloadObservedGeneration"]))
    {
        return Some(Health::progressing(
            "Waiting for rollout to finish: observed workload generation less then desired generation",
        ));
    }
    let message = text(object, &["status", "message"]);
    let status = match text(object, &["status", "phase"]) {
        "Healthy" => HealthStatus::Healthy,
        "Degraded" => HealthStatus::Degraded,
        "Paused" => HealthStatus::Suspended,
        _ => HealthStatus::Progressing,
    };
    Some(Health::new(status, message))
}
