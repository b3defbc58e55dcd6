//! Health of a HorizontalPodAutoscaler.

use serde_json::Value;

use super::health::{Health, HealthStatus, word};
use crate::object::Object;

/// The conditions of version 1.
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

/// Reasons that mean a failure, whatever the status of their condition.
const FAILURES: &[(&str, &[&str])] = &[
    ("AbleToScale", &["FailedGetScale", "FailedUpdateScale"]),
    (
        "ScalingActive",
        &[
            "FailedGetResourceMetric",
            "FailedGetObjectMetric",
            "FailedGetPodsMetric",
            "FailedGetExternalMetric",
            "FailedComputeMetricsReplicas",
            "InvalidSelector",
        ],
    ),
];

pub(super) fn health(object: &Object) -> Option<Health> {
    let version = object.gvk().version;
    let conditions: Vec<Value> = match version.as_str() {
        "v1" => {
            let text = object.annotation(CONDITIONS).unwrap_or("[]");
            serde_json::from_str(text).unwrap_or_default()
        }
        "v2" | "v2beta1" | "v2beta2" => {
            let listed = object.at(&["status", "conditions"]);
            listed
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        }
        _ => {
            let message = format!("unsupported HPA version {version}");
            return Some(Health::new(HealthStatus::Unknown, message));
        }
    };
    for (kind, reasons) in FAILURES {
        let failed = conditions
            .iter()
            .find(|one| word(one, "type") == *kind && reasons.contains(&word(one, "reason")));
        if let Some(failed) = failed {
            return Some(Health::degraded(word(failed, "message")));
        }
    }
    let good = conditions.iter().find(|one| {
        ["AbleToScale", "ScalingLimited"].contains(&word(one, "type"))
            && word(one, "status") == "True"
    });
    Some(match good {
        Some(good) => Health::healthy(word(good, "message")),
        None => Health::progressing("Waiting to Autoscale"),
    })
}
