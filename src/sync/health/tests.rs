//! Each kind, each cell of the contract's table.

use serde_json::{Value, json};

use super::*;

fn object(api_version: &str, kind: &str, spec: Value, status: Value) -> Object {
    Object::from_value(json!({"apiVersion": api_version, "kind": kind,
        "metadata": {"name": "a", "generation": 2}, "spec": spec, "status": status}))
    .unwrap()
}

pub(super) fn check(api_version: &str, kind: &str, rows: &[(Value, Value, &str, &str)]) {
    for (spec, status, expected, message) in rows {
        let health = of(&object(api_version, kind, spec.clone(), status.clone())).unwrap();
        assert_eq!(health.status.text(), *expected, "{kind} {spec} {status}");
        assert!(health.message.contains(message), "{}", health.message);
    }
}

#[test]
fn deployments() {
    let seen = |status: Value| {
        let mut status = status;
        status["observedGeneration"] = json!(2);
        status
    };
    let three = json!({"replicas": 3});
    check(
        "apps/v1",
        "Deployment",
        &[
            (json!({"paused": true}), json!({}), "Suspended", "paused"),
            (
                three.clone(),
                json!({"observedGeneration": 1}),
                "Progressing",
                "generation",
            ),
            (
                three.clone(),
                seen(
                    json!({"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}),
                ),
                "Degraded",
                "exceeded its progress deadline",
            ),
            (
                three.clone(),
                seen(json!({"updatedReplicas": 1})),
                "Progressing",
                "1 out of 3 new replicas",
            ),
            (
                three.clone(),
                seen(json!({"updatedReplicas": 3, "replicas": 4})),
                "Progressing",
                "1 old replicas",
            ),
            (
                three.clone(),
                seen(json!({"updatedReplicas": 3, "replicas": 3, "availableReplicas": 2})),
                "Progressing",
                "2 of 3 updated",
            ),
            (
                three,
                seen(json!({"updatedReplicas": 3, "replicas": 3, "availableReplicas": 3})),
                "Healthy",
                "",
            ),
        ],
    );
}

#[test]
fn stateful_and_daemon_sets() {
    let rolling = json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}});
    check(
        "apps/v1",
        "StatefulSet",
        &[
            (json!({}), json!({}), "Progressing", "spec update"),
            (
                json!({"replicas": 2}),
                json!({"observedGeneration": 2, "readyReplicas": 1}),
                "Progressing",
                "1 pods",
            ),
            (
                rolling.clone(),
                json!({"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 1}),
                "Progressing",
                "1 out of 2",
            ),
            (
                rolling,
                json!({"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 2}),
                "Healthy",
                "partitioned",
            ),
            (
                json!({"updateStrategy": {"type": "OnDelete"}}),
                json!({"observedGeneration": 2}),
                "Healthy",
                "",
            ),
            (
                json!({}),
                json!({"observedGeneration": 2, "updateRevision": "b", "currentRevision": "a"}),
                "Progressing",
                "revision b",
            ),
            (
                json!({}),
                json!({"observedGeneration": 2, "updateRevision": "b", "currentRevision": "b"}),
                "Healthy",
                "",
            ),
        ],
    );
    check(
        "apps/v1",
        "DaemonSet",
        &[
            (
                json!({}),
                json!({"observedGeneration": 1}),
                "Progressing",
                "generation",
            ),
            (
                json!({"updateStrategy": {"type": "OnDelete"}}),
                json!({"observedGeneration": 2}),
                "Healthy",
                "",
            ),
            (
                json!({}),
                json!({"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 1}),
                "Progressing",
                "1 out of 2",
            ),
            (
                json!({}),
                json!({"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}),
                "Progressing",
                "1 of 2",
            ),
            (
                json!({}),
                json!({"observedGeneration": 2, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberAvailable": 1}),
                "Healthy",
                "",
            ),
        ],
    );
    check(
        "apps/v1",
        "ReplicaSet",
        &[
            (
                json!({}),
                json!({"observedGeneration": 1}),
                "Progressing",
                "generation",
            ),
            (
                json!({}),
                json!({"observedGeneration": 2, "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "quota"}]}),
                "Degraded",
                "quota",
            ),
            (
                json!({"replicas": 2}),
                json!({"observedGeneration": 2, "availableReplicas": 1}),
                "Progressing",
                "1 out of 2",
            ),
            (
                json!({"replicas": 1}),
                json!({"observedGeneration": 2, "availableReplicas": 1}),
                "Healthy",
                "",
            ),
        ],
    );
}

#[test]
fn pods() {
    let waiting = |reason: &str| json!({"phase": "Running", "containerStatuses": [{"state": {"waiting": {"reason": reason, "message": "why"}}}]});
    check(
        "v1",
        "Pod",
        &[
            (json!({}), json!({"phase": "Pending"}), "Progressing", ""),
            (json!({}), json!({"phase": "Succeeded"}), "Healthy", ""),
            (
                json!({}),
                json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}),
                "Healthy",
                "",
            ),
            (json!({}), json!({"phase": "Running"}), "Progressing", ""),
            (
                json!({"restartPolicy": "Never"}),
                json!({"phase": "Running"}),
                "Progressing",
                "",
            ),
            (json!({}), waiting("CrashLoopBackOff"), "Degraded", "why"),
            (json!({}), waiting("ErrImagePull"), "Degraded", "why"),
            (json!({}), waiting("ContainerCreating"), "Progressing", ""),
            (
                json!({"restartPolicy": "Never"}),
                waiting("CrashLoopBackOff"),
                "Progressing",
                "",
            ),
            (
                json!({}),
                json!({"phase": "Running", "containerStatuses": [{"lastState": {"terminated": {"message": "died"}}}]}),
                "Degraded",
                "died",
            ),
            (
                json!({}),
                json!({"phase": "Failed", "message": "evicted"}),
                "Degraded",
                "evicted",
            ),
            (
                json!({}),
                json!({"phase": "Failed", "containerStatuses": [{"name": "c", "state": {"terminated": {"reason": "OOMKilled"}}}]}),
                "Degraded",
                "OOMKilled",
            ),
            (
                json!({}),
                json!({"phase": "Failed", "containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 3}}}]}),
                "Degraded",
                "exit code 3",
            ),
            (json!({}), json!({}), "Unknown", ""),
        ],
    );
}

#[test]
fn small_kinds() {
    check(
        "v1",
        "PersistentVolumeClaim",
        &[
            (json!({}), json!({"phase": "Bound"}), "Healthy", ""),
            (json!({}), json!({"phase": "Pending"}), "Progressing", ""),
            (json!({}), json!({"phase": "Lost"}), "Degraded", ""),
            (json!({}), json!({}), "Unknown", ""),
        ],
    );
    check(
        "v1",
        "Service",
        &[
            (json!({}), json!({}), "Healthy", ""),
            (
                json!({"type": "LoadBalancer"}),
                json!({}),
                "Progressing",
                "",
            ),
            (
                json!({"type": "LoadBalancer"}),
                json!({"loadBalancer": {"ingress": [{}]}}),
                "Healthy",
                "",
            ),
        ],
    );
    check(
        "networking.k8s.io/v1",
        "Ingress",
        &[
            (json!({}), json!({}), "Progressing", ""),
            (
                json!({}),
                json!({"loadBalancer": {"ingress": [{}]}}),
                "Healthy",
                "",
            ),
        ],
    );
    let is = |kind: &str| json!({"conditions": [{"type": kind, "status": "True", "message": "m"}]});
    check(
        "batch/v1",
        "Job",
        &[
            (json!({}), json!({}), "Progressing", ""),
            (json!({}), is("Complete"), "Healthy", "m"),
            (json!({}), is("Failed"), "Degraded", "m"),
            (json!({}), is("Suspended"), "Suspended", "m"),
        ],
    );
}

#[test]
fn custom_kinds() {
    let phase = |phase: &str| json!({"observedGeneration": "2", "phase": phase, "message": "m"});
    check(
        "argoproj.io/v1alpha1",
        "Rollout",
        &[
            (
                json!({}),
                json!({"observedGeneration": "1", "phase": "Healthy"}),
                "Progressing",
                "generation",
            ),
            (json!({}), phase("Healthy"), "Healthy", "m"),
            (json!({}), phase("Progressing"), "Progressing", "m"),
            (json!({}), phase("Paused"), "Suspended", "m"),
            (json!({}), phase("Degraded"), "Degraded", "m"),
        ],
    );
    check(
        "argoproj.io/v1alpha1",
        "AnalysisRun",
        &[
            (json!({}), json!({}), "Progressing", ""),
            (json!({}), json!({"phase": "Running"}), "Progressing", ""),
            (json!({}), json!({"phase": "Successful"}), "Healthy", ""),
            (
                json!({}),
                json!({"phase": "Failed", "message": "m"}),
                "Degraded",
                "m",
            ),
            (json!({}), json!({"phase": "Error"}), "Degraded", ""),
            (json!({}), json!({"phase": "Inconclusive"}), "Unknown", ""),
        ],
    );
    let sealed = |generation: i64, synced: &str, promoted: Value| {
        json!({"observedGeneration": generation,
        "conditions": [{"type": "Synced", "status": synced, "message": "m"}, promoted]})
    };
    let promoted = |status: &str, reason: &str| json!({"type": "Promoted", "status": status, "reason": reason, "message": "p"});
    check(
        "bitnami.com/v1alpha1",
        "SealedSecret",
        &[
            (json!({}), json!({}), "Progressing", "decrypted"),
            (json!({}), sealed(2, "True", Value::Null), "Healthy", ""),
            (json!({}), sealed(1, "True", Value::Null), "Progressing", ""),
            (json!({}), sealed(2, "False", Value::Null), "Degraded", "m"),
            (
                json!({}),
                sealed(2, "True", promoted("True", "Promoted")),
                "Healthy",
                "",
            ),
            (
                json!({}),
                sealed(2, "True", promoted("False", "Progressing")),
                "Progressing",
                "p",
            ),
            (
                json!({}),
                sealed(2, "True", promoted("False", "Rejected")),
                "Degraded",
                "p",
            ),
            (
                json!({}),
                sealed(1, "True", promoted("False", "Rejected")),
                "Progressing",
                "",
            ),
        ],
    );
}

#[test]
fn what_goes_is_on_its_way_and_plain_things_have_no_health() {
    let going = Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "deletionTimestamp": "2030-01-01T00:00:00Z"}}))
    .unwrap();
    assert_eq!(of(&going), Some(Health::progressing("Pending deletion")));
    let plain = object("v1", "ConfigMap", json!({}), json!({}));
    assert_eq!(of(&plain), None);
}
