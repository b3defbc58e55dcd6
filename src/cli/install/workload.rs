//! What runs: the Deployment, the Services before it, and the budget of its disruptions.

use serde_json::{Value, json};

use super::manifest::{NAME, Plan, SERVICE, labels, metadata};
use crate::controller::Part;

/// Where certificate, verify, rotate, webhooks and health are served.
const PORT: u16 = 8080;

/// Where metrics are served.
const METRICS_PORT: u16 = 8081;

/// Neither root nor anybody that a node knows.
const USER: u32 = 65_532;

/// The Services, by the names that people have in their files.
pub fn services(plan: &Plan) -> Vec<Value> {
    let service = |name: &str, port: u16, target: &str| {
        json!({"apiVersion": "v1", "kind": "Service",
            "metadata": metadata(name, Some(&plan.namespace)),
            "spec": {"type": "ClusterIP", "selector": labels(),
                "ports": [{"name": target, "port": port, "targetPort": target}]}})
    };
    vec![
        service(SERVICE, PORT, "http"),
        service(&format!("{SERVICE}-metrics"), METRICS_PORT, "metrics"),
    ]
}

/// At most one pod is taken away at a time.
pub fn budget(plan: &Plan) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": metadata(NAME, Some(&plan.namespace)),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels()}}})
}

/// The Deployment.
pub fn deployment(plan: &Plan) -> Value {
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": "http"}});
    let container = json!({
        "name": "controller",
        "image": plan.image,
        "args": arguments(plan),
        "env": [
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "HOSTNAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "ports": [
            {"name": "http", "containerPort": PORT},
            {"name": "metrics", "containerPort": METRICS_PORT},
        ],
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz"),
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
        },
        // Fetched repositories.
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    });
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": metadata(NAME, Some(&plan.namespace)),
    "spec": {
        "replicas": plan.replicas,
        "selector": {"matchLabels": labels()},
        "template": {
            "metadata": {"labels": labels()},
            "spec": {
                "serviceAccountName": NAME,
                "automountServiceAccountToken": true,
                "securityContext": {
                    "runAsNonRoot": true,
                    "runAsUser": USER,
                    "runAsGroup": USER,
                    "fsGroup": USER,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "topologySpreadConstraints": [{
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": labels()},
                }],
                "containers": [container],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        },
    }})
}

/// The command line of the container.
fn arguments(plan: &Plan) -> Vec<String> {
    let parts: Vec<&str> = Part::ALL
        .iter()
        .filter(|part| plan.parts.contains(part))
        .map(|part| part.text())
        .collect();
    let mut words = vec![
        "controller".to_owned(),
        format!("--controllers={}", parts.join(",")),
        "--leader-elect".to_owned(),
    ];
    if plan.namespaced {
        words.push("--all-namespaces=false".to_owned());
    }
    words
}
