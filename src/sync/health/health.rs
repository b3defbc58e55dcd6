//! What health is, and the table of the kinds that have one.

use serde_json::Value;

use super::{
    analysis_run, api_service, cron_job, custom_resource_definition, daemon_set, deployment,
    horizontal_pod_autoscaler, ingress, job, persistent_volume_claim, pod, ready, replica_set,
    rollout, sealed_secret, service, stateful_set,
};
use crate::{api::application::HOOK_FINALIZER, object::Object};

/// How an object does, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthStatus {
    /// As it should be.
    Healthy,
    /// Stopped on purpose.
    Suspended,
    /// On its way.
    Progressing,
    /// Not there.
    Missing,
    /// Failed.
    Degraded,
    /// Cannot be told.
    Unknown,
}

impl HealthStatus {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Suspended => "Suspended",
            Self::Progressing => "Progressing",
            Self::Missing => "Missing",
            Self::Degraded => "Degraded",
            Self::Unknown => "Unknown",
        }
    }
}

/// A state with its sentence, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The state.
    pub status: HealthStatus,
    /// Why, for people.
    pub message: String,
}

impl Health {
    /// A state with a sentence.
    pub fn new(status: HealthStatus, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// Healthy, with a sentence.
    pub fn healthy(message: impl Into<String>) -> Self {
        Self::new(HealthStatus::Healthy, message)
    }

    /// Progressing, with a sentence.
    pub fn progressing(message: impl Into<String>) -> Self {
        Self::new(HealthStatus::Progressing, message)
    }

    /// Degraded, with a sentence.
    pub fn degraded(message: impl Into<String>) -> Self {
        Self::new(HealthStatus::Degraded, message)
    }
}

/// The health of an object; `None` for kinds that have none.
pub fn of(object: &Object) -> Option<Health> {
    let is_going = object.at(&["metadata", "deletionTimestamp"]).is_some();
    if is_going && !has_hook_finalizer(object) {
        return Some(Health::progressing("Pending deletion"));
    }
    let gvk = object.gvk();
    let assess: fn(&Object) -> Option<Health> = match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("apps", "Deployment") => deployment::health,
        ("apps", "StatefulSet") => stateful_set::health,
        ("apps", "DaemonSet") => daemon_set::health,
        ("apps", "ReplicaSet") => replica_set::health,
        ("", "Pod") => pod::health,
        ("", "PersistentVolumeClaim") => persistent_volume_claim::health,
        ("", "Service") => service::health,
        ("networking.k8s.io" | "extensions", "Ingress") => ingress::health,
        ("batch", "Job") => job::health,
        ("batch", "CronJob") => cron_job::health,
        ("autoscaling", "HorizontalPodAutoscaler") => horizontal_pod_autoscaler::health,
        ("apiregistration.k8s.io", "APIService") => api_service::health,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => custom_resource_definition::health,
        ("argoproj.io", "Rollout") => rollout::health,
        ("argoproj.io", "AnalysisRun" | "Experiment") => analysis_run::health,
        ("bitnami.com", "SealedSecret") => sealed_secret::health,
        (group, kind) if ready::is_told(group, kind) => ready::health,
        _ => return None,
    };
    assess(object)
}

fn has_hook_finalizer(object: &Object) -> bool {
    object
        .at(&["metadata", "finalizers"])
        .and_then(Value::as_array)
        .is_some_and(|names| names.iter().any(|name| name == HOOK_FINALIZER))
}

/// A number of an object, 0 where it is absent.
pub(super) fn number(object: &Object, path: &[&str]) -> i64 {
    object.at(path).and_then(Value::as_i64).unwrap_or(0)
}

/// A text of an object, empty where it is absent.
pub(super) fn text<'a>(object: &'a Object, path: &[&str]) -> &'a str {
    object.at(path).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the status speaks of what is asked for now.
pub(super) fn is_observed(object: &Object) -> bool {
    object.generation().unwrap_or(0) <= number(object, &["status", "observedGeneration"])
}

/// One condition of the status.
pub(super) fn condition<'a>(object: &'a Object, kind: &str) -> Option<&'a Value> {
    object
        .at(&["status", "conditions"])?
        .as_array()?
        .iter()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))
}

/// A text of a condition, empty where it is absent.
pub(super) fn word<'a>(condition: &'a Value, field: &str) -> &'a str {
    condition
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "other_tests.rs"]
mod other_tests;
#[cfg(test)]
#[path = "tests.rs"]
mod tests;
