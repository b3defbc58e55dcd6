//! Health of a DaemonSet.

use super::health::{Health, is_observed, number, text};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    if !is_observed(object) {
        return Some(Health::progressing(
            "Waiting for rollout to finish: observed daemon set generation less than desired generation",
        ));
    }
    let updated = number(object, &["status", "updatedNumberScheduled"]);
    if text(object, &["spec", "updateStrategy", "type"]) == "OnDelete" {
        let wanted = number(object, &["status", "desiredNumberScheduled"]);
        return Some(Health::healthy(format!(
            "daemon set {updated} out of {wanted} new pods have been updated"
        )));
    }
    let name = object.name();
    let wanted = number(object, &["status", "desiredNumberScheduled"]);
    let available = number(object, &["status", "numberAvailable"]);
    if updated < wanted {
        return Some(Health::progressing(format!(
            "Waiting for daemon set \"{name}\" rollout to finish: {updated} out of {wanted} new pods have been updated..."
        )));
    }
    if available < wanted {
        return Some(Health::progressing(format!(
            "Waiting for daemon set \"{name}\" rollout to finish: {available} of {wanted} updated pods are available..."
        )));
    }
    Some(Health::healthy(""))
}
