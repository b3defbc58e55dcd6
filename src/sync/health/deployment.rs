//! Health of a Deployment.

use super::health::{Health, HealthStatus, condition, is_observed, number, word};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    if object.at(&["spec", "paused"]) == Some(&true.into()) {
        return Some(Health::new(HealthStatus::Suspended, "Deployment is paused"));
    }
    if !is_observed(object) {
        return Some(Health::progressing(
            "Waiting for rollout to finish: observed deployment generation less than desired generation",
        ));
    }
    let failed = condition(object, "Progressing")
        .is_some_and(|condition| word(condition, "reason") == "ProgressDeadlineExceeded");
    if failed {
        return Some(Health::degraded(format!(
            "Deployment \"{}\" exceeded its progress deadline",
            object.name()
        )));
    }
    let wanted = object
        .at(&["spec", "replicas"])
        .and_then(serde_json::Value::as_i64);
    let updated = number(object, &["status", "updatedReplicas"]);
    let replicas = number(object, &["status", "replicas"]);
    let available = number(object, &["status", "availableReplicas"]);
    let waiting = |what: String| {
        Some(Health::progressing(format!(
            "Waiting for rollout to finish: {what}"
        )))
    };
    if let Some(wanted) = wanted.filter(|wanted| updated < *wanted) {
        return waiting(format!(
            "{updated} out of {wanted} new replicas have been updated..."
        ));
    }
    if replicas > updated {
        let old = replicas - updated;
        return waiting(format!("{old} old replicas are pending termination..."));
    }
    if available < updated {
        return waiting(format!(
            "{available} of {updated} updated replicas are available..."
        ));
    }
    Some(Health::healthy(""))
}
