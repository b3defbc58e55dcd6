//! Health of a Job.

use super::health::{Health, HealthStatus, condition, word};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    let is_true = |kind: &str| {
        condition(object, kind)
            .filter(|condition| word(condition, "status") == "True")
            .map(|condition| word(condition, "message"))
    };
    Some(if let Some(message) = is_true("Failed") {
        Health::degraded(message)
    } else if let Some(message) = is_true("Suspended") {
        Health::new(HealthStatus::Suspended, message)
    } else if let Some(message) = is_true("Complete") {
        Health::healthy(message)
    } else {
        Health::progressing("")
    })
}
