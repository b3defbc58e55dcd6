//! What is drift and what is not.

use serde_json::json;

use super::*;

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

fn config(data: Value, applied: Option<Value>) -> Object {
    let mut made = object(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "ns"}, "data": data}));
    if let Some(applied) = applied {
        let text = object(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "namespace": "ns"}, "data": applied}));
        let text = text.to_value().to_string();
        made.set(&["metadata", "annotations", LAST_APPLIED], text.into());
    }
    made
}

fn is_drift(target: &Object, live: &Object) -> bool {
    compare(target, live, &[], Means::ClientSide).is_modified()
}

#[test]
fn keys_of_a_config_map() {
    let target = config(json!({"k": "v"}), None);
    let same = config(json!({"k": "v"}), Some(json!({"k": "v"})));
    let changed = config(json!({"k": "w"}), Some(json!({"k": "v"})));
    let foreign = config(json!({"k": "v", "x": "y"}), Some(json!({"k": "v"})));
    let removed = config(
        json!({"k": "v", "x": "y"}),
        Some(json!({"k": "v", "x": "y"})),
    );
    assert!(!is_drift(&target, &same));
    assert!(is_drift(&target, &changed));
    assert!(!is_drift(&target, &foreign));
    assert!(is_drift(&target, &removed));
}

#[test]
fn defaults_of_the_server_are_no_drift_and_ignored_fields_neither() {
    let target = object(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "a", "creationTimestamp": null}, "status": {},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [
            {"name": "c", "image": "i", "resources": {"limits": {"cpu": "1000m"}}}]}}}}));
    let mut live = object(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "a", "uid": "u", "resourceVersion": "1"}, "status": {"replicas": 1},
        "spec": {"replicas": 1, "progressDeadlineSeconds": 600, "template": {"spec": {
            "restartPolicy": "Always", "containers": [{"name": "c", "image": "i",
            "imagePullPolicy": "Always", "resources": {"limits": {"cpu": "1"}}}]}}}}));
    assert!(!is_drift(&target, &live));
    // A sidecar of somebody else, in front of ours.
    let containers = json!([{"name": "side", "image": "s"}, {"name": "c", "image": "i",
        "resources": {"limits": {"cpu": "1"}}}]);
    live.set(&["spec", "template", "spec", "containers"], containers);
    assert!(!is_drift(&target, &live));
    live.set(&["spec", "replicas"], json!(3));
    assert!(is_drift(&target, &live));
    let pointers = ["/spec/replicas".to_owned()];
    assert!(!compare(&target, &live, &pointers, Means::ClientSide).is_modified());
}

#[test]
fn defaults_in_the_lists_of_custom_kinds_are_no_drift() {
    let route = |references: Value| {
        object(
            json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": "r", "namespace": "ns"}, "spec": {"parentRefs": references}}),
        )
    };
    let target = route(json!([{"name": "gw"}]));
    for means in [Means::ClientSide, Means::ServerSide] {
        let drift = |live: Value| compare(&target, &route(live), &[], means).is_modified();
        assert!(!drift(json!([{"name": "gw", "kind": "Gateway"}])));
        assert!(drift(json!([{"name": "other", "kind": "Gateway"}])));
        assert!(drift(json!([{"name": "gw"}, {"name": "more"}])));
    }
}

#[test]
fn a_field_that_we_own_and_git_has_lost_is_drift() {
    let target = config(json!({"k": "v"}), None);
    let mut live = config(json!({"k": "v", "x": "y"}), None);
    assert!(!compare(&target, &live, &[], Means::ServerSide).is_modified());
    live.set(
        &["metadata", "managedFields"],
        json!([{"manager": MANAGER, "operation": "Apply",
            "fieldsV1": {"f:data": {"f:k": {}, "f:x": {}}}}]),
    );
    assert!(compare(&target, &live, &[], Means::ServerSide).is_modified());
}

#[test]
fn string_data_and_a_label_of_somebody_else_are_no_drift() {
    let target = object(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "a"}, "stringData": {"k": "v"}}));
    let live = object(
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "a", "labels": {"x": "y"}}, "data": {"k": "dg=="}}),
    );
    assert!(!is_drift(&target, &live));
}
