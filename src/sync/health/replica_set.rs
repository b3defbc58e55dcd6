//! Health of a ReplicaSet.

use serde_json::Value;

use super::health::{Health, condition, is_observed, number, word};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    if !is_observed(object) {
        return Some(Health::progressing(
            "Waiting for rollout to finish: observed replica set generation less than desired generation",
        ));
    }
    if let Some(failed) = condition(object, "ReplicaFailure")
        && word(failed, "status") == "True"
    {
        return Some(Health::degraded(word(failed, "message")));
    }
    let available = number(object, &["status", "availableReplicas"]);
    let wanted = object.at(&["spec", "replicas"]).and_then(Value::as_i64);
    if let Some(wanted) = wanted.filter(|wanted| available < *wanted) {
        return Some(Health::progressing(format!(
            "Waiting for rollout to finish: {available} out of {wanted} new replicas are available..."
        )));
    }
    Some(Health::healthy(""))
}
