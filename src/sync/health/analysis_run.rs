//! Health of an AnalysisRun.

use super::health::{Health, HealthStatus, text};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    let message = text(object, &["status", "message"]);
    let say = |status, otherwise: &str| {
        let message = if message.is_empty() {
            otherwise
        } else {
            message
        };
        Some(Health::new(status, message))
    };
    match text(object, &["status", "phase"]) {
        "" | "Pending" => say(
            HealthStatus::Progressing,
            "Waiting for analysis run to start",
        ),
        "Running" => say(HealthStatus::Progressing, "Analysis run is running"),
        "Successful" => say(HealthStatus::Healthy, "Analysis run completed successfully"),
        "Failed" => say(HealthStatus::Degraded, "Analysis run failed"),
        "Error" => say(HealthStatus::Degraded, "Analysis run had an error"),
        _ => say(HealthStatus::Unknown, "Analysis run was inconclusive"),
    }
}
