//! Health of a PersistentVolumeClaim.

use super::health::{Health, HealthStatus, text};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    let status = match text(object, &["status", "phase"]) {
        "Lost" => HealthStatus::Degraded,
        "Pending" => HealthStatus::Progressing,
        "Bound" => HealthStatus::Healthy,
        _ => HealthStatus::Unknown,
    };
    Some(Health::new(status, ""))
}
