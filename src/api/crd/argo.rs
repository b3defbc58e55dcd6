//! The definitions of rollouts, their analysis, and the routes that they write.
//!
//! Names, scopes, subresources and columns are the original's, so that people's files are taken unchanged; inside `spec`
//! and `status` everything is kept, for the controller validates and says what is wrong as a condition.

use serde_json::{Value, json};

/// All of them, in the order of their names.
pub fn all() -> Vec<Value> {
    vec![
        definition(&kind(
            "AnalysisRun",
            "analysisruns",
            &["ar"],
            true,
            &analysis_columns(),
        )),
        definition(&kind(
            "AnalysisTemplate",
            "analysistemplates",
            &["at"],
            true,
            &age_only(),
        )),
        definition(&kind(
            "ClusterAnalysisTemplate",
            "clusteranalysistemplates",
            &["cat"],
            false,
            &age_only(),
        )),
        rollout(),
    ]
}

/// What the embedded cluster needs besides: the kinds of routers.
pub fn routes() -> Vec<Value> {
    let gateway = |kind: &str, plural: &str| {
        let columns = json!([
            {"name": "Hostnames", "type": "string", "jsonPath": ".spec.hostnames"},
            {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        ]);
        let mut route = definition(&json!({
            "group": "gateway.networking.k8s.io", "version": "v1", "kind": kind, "plural": plural,
            "short": [], "namespaced": true, "columns": columns}));
        let approved = "https://github.com/kubernetes-sigs/gateway-api/pull/2997";
        if let Some(metadata) = route.get_mut("metadata").and_then(Value::as_object_mut) {
            let note = json!({"api-approved.kubernetes.io": approved});
            metadata.insert("annotations".into(), note);
        }
        if let Some(version) = route
            .pointer_mut("/spec/versions/0")
            .and_then(Value::as_object_mut)
        {
            version.insert("subresources".into(), json!({"status": {}}));
        }
        route
    };
    let traefik = json!({"group": "traefik.io", "version": "v1alpha1", "kind": "TraefikService", "plural": "traefikservices",
        "short": [], "namespaced": true, "columns": age_only()});
    vec![
        gateway("GRPCRoute", "grpcroutes"),
        gateway("HTTPRoute", "httproutes"),
        definition(&traefik),
    ]
}

/// The definition of a project of Applications.
pub fn app_project() -> Value {
    let short = &["appproj", "appprojs"];
    let mut project = definition(&kind("AppProject", "appprojects", short, true, &age_only()));
    if let Some(version) = project
        .pointer_mut("/spec/versions/0")
        .and_then(Value::as_object_mut)
    {
        version.remove("subresources");
    }
    project
}

fn kind(kind: &str, plural: &str, short: &[&str], namespaced: bool, columns: &Value) -> Value {
    json!({"group": "argoproj.io", "version": "v1alpha1", "kind": kind, "plural": plural, "short": short,
        "namespaced": namespaced, "columns": columns})
}

fn age_only() -> Value {
    json!([{"name": "Age", "type": "date", "description": "Time since it was made", "jsonPath": ".metadata.creationTimestamp"}])
}

fn analysis_columns() -> Value {
    json!([
        {"name": "Status", "type": "string", "description": "Phase of the run", "jsonPath": ".status.phase"},
        {"name": "Age", "type": "date", "description": "Time since it was made", "jsonPath": ".metadata.creationTimestamp"},
    ])
}

fn rollout() -> Value {
    let column =
        |name: &str, path: &str| json!({"name": name, "type": "integer", "jsonPath": path});
    let columns = json!([
        column("Desired", ".spec.replicas"),
        column("Current", ".status.replicas"),
        column("Up-to-date", ".status.updatedReplicas"),
        column("Available", ".status.availableReplicas"),
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]);
    let mut rollout = definition(&kind("Rollout", "rollouts", &["ro"], true, &columns));
    if let Some(version) = rollout
        .pointer_mut("/spec/versions/0")
        .and_then(Value::as_object_mut)
    {
        version.insert(
            "subresources".into(),
            json!({"status": {}, "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.HPAReplicas",
                "labelSelectorPath": ".status.selector",
            }}),
        );
    }
    if let Some(properties) = rollout
        .pointer_mut("/spec/versions/0/schema/openAPIV3Schema/properties")
        .and_then(Value::as_object_mut)
    {
        properties.insert(
            "spec".into(),
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": {"replicas": {"type": "integer", "format": "int32"}}}),
        );
        properties.insert("status".into(), json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": {"HPAReplicas": {"type": "integer", "format": "int32"}, "selector": {"type": "string"}}}));
    }
    rollout
}

fn definition(of: &Value) -> Value {
    let text = |name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, plural) = (text("kind"), text("plural"));
    let free = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let is_namespaced = of
        .get("namespaced")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{}", text("group"))},
        "spec": {
            "group": text("group"),
            "names": {
                "kind": kind,
                "listKind": format!("{kind}List"),
                "plural": plural,
                "shortNames": of.get("short"),
                "singular": kind.to_lowercase(),
            },
            "scope": if is_namespaced { "Namespaced" } else { "Cluster" },
            "versions": [{
                "name": text("version"),
                "served": true,
                "storage": true,
                "additionalPrinterColumns": of.get("columns"),
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {
                        "apiVersion": {"type": "string"},
                        "kind": {"type": "string"},
                        "metadata": {"type": "object"},
                        "spec": free,
                        "status": free,
                    },
                }},
            }],
        },
    })
}
