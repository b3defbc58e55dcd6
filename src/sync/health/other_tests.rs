//! Kinds beside workloads, each cell of their tables.

use serde_json::json;

use super::tests::check;

#[test]
fn autoscalers() {
    let told = |kind: &str, status: &str, reason: &str| json!({"conditions": [{"type": kind, "status": status, "reason": reason, "message": "m"}]});
    check(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        &[
            (json!({}), json!({}), "Progressing", "Waiting"),
            (
                json!({}),
                told("AbleToScale", "True", "Ready"),
                "Healthy",
                "m",
            ),
            (
                json!({}),
                told("ScalingLimited", "True", "TooFew"),
                "Healthy",
                "m",
            ),
            (
                json!({}),
                told("AbleToScale", "True", "FailedGetScale"),
                "Degraded",
                "m",
            ),
            (
                json!({}),
                told("ScalingActive", "False", "InvalidSelector"),
                "Degraded",
                "m",
            ),
        ],
    );
    check(
        "autoscaling/v9",
        "HorizontalPodAutoscaler",
        &[(json!({}), json!({}), "Unknown", "v9")],
    );
}

#[test]
fn cron_jobs() {
    let late = "2030-01-02T00:00:00Z";
    let early = "2030-01-01T00:00:00Z";
    check(
        "batch/v1",
        "CronJob",
        &[
            (json!({"suspend": true}), json!({}), "Healthy", "Suspended"),
            (json!({}), json!({}), "Healthy", "not been scheduled"),
            (json!({}), json!({"active": [{}]}), "Healthy", "1 active"),
            (
                json!({}),
                json!({"lastScheduleTime": early}),
                "Healthy",
                "not completed",
            ),
            (
                json!({}),
                json!({"lastScheduleTime": late, "lastSuccessfulTime": early}),
                "Degraded",
                "last execution",
            ),
            (
                json!({}),
                json!({"lastScheduleTime": early, "lastSuccessfulTime": late}),
                "Healthy",
                "last execution",
            ),
        ],
    );
}

#[test]
fn what_others_tell_by_a_condition() {
    let told = |kind: &str, status: &str| json!({"conditions": [{"type": kind, "status": status, "reason": "r", "message": "m"}]});
    check(
        "cert-manager.io/v1",
        "Certificate",
        &[
            (json!({}), json!({}), "Progressing", "Waiting"),
            (json!({}), told("Ready", "True"), "Healthy", "m"),
            (json!({}), told("Ready", "False"), "Degraded", "m"),
        ],
    );
    check(
        "apiregistration.k8s.io/v1",
        "APIService",
        &[
            (json!({}), json!({}), "Progressing", "Waiting"),
            (json!({}), told("Available", "True"), "Healthy", "r: m"),
            (json!({}), told("Available", "False"), "Progressing", "r: m"),
        ],
    );
    check(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        &[
            (json!({}), json!({}), "Progressing", "not found"),
            (json!({}), told("Established", "True"), "Healthy", "healthy"),
            (json!({}), told("NamesAccepted", "False"), "Degraded", "m"),
            (
                json!({}),
                told("Terminating", "True"),
                "Progressing",
                "terminating",
            ),
        ],
    );
}
