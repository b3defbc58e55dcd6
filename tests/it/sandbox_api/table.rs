//! Tables: the cells of each kind as a real API server shows them.

use serde_json::{Value, json};
use waxwing::{
    object::Object,
    sandbox::{
        registry::Registry,
        table::{Include, TableOptions, table},
    },
};

const NOW: &str = "2026-01-01T01:00:00Z";

fn shown(include: Include, mut object: Value) -> Value {
    object["metadata"]["name"] = "n".into();
    object["metadata"]["creationTimestamp"] = "2026-01-01T00:59:30Z".into();
    let object = Object::from_value(object).unwrap();
    let resource = Registry::built_in().of_kind(&object.gvk()).unwrap();
    let options = TableOptions {
        now: NOW.parse().unwrap(),
        include,
        headers: true,
    };
    let metadata = json!({"resourceVersion": "7"});
    serde_json::from_slice(&table(&resource, [&object], &metadata, options)).unwrap()
}

fn cells(object: Value) -> Value {
    shown(Include::None, object)["rows"][0]["cells"].clone()
}

fn pod(status: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "status": status, "spec": {
        "nodeName": "node", "containers": [{"name": "a"}, {"name": "b"}],
        "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]}})
}

#[test]
fn pods_say_what_holds_them_back() {
    let running = |ready: bool| json!({"running": {}, "ready": ready});
    for (status, ready, said, restarts) in [
        (json!({"phase": "Pending"}), "0/3", "Pending", "0"),
        (
            json!({"phase": "Pending", "initContainerStatuses": [
                {"name": "i", "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"finishedAt": "2026-01-01T00:59:00Z"}}}]}),
            "0/3",
            "Init:CrashLoopBackOff",
            "2 (60s ago)",
        ),
        (
            json!({"phase": "Running", "initContainerStatuses": [
                {"name": "i", "state": {"terminated": {"exitCode": 0}}},
                {"name": "s", "started": true, "ready": true, "state": running(true)}],
                "containerStatuses": [
                    {"name": "a", "ready": true, "state": {"running": {}}},
                    {"name": "b", "restartCount": 1, "state": {"waiting": {"reason": "CreateContainerConfigError"}}}]}),
            "2/3",
            "CreateContainerConfigError",
            "1",
        ),
        (
            json!({"phase": "Succeeded", "containerStatuses": [
                {"name": "a", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
                {"name": "b", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}),
            "0/3",
            "Error",
            "0",
        ),
    ] {
        let cells = cells(pod(status));
        assert_eq!(cells[1], ready);
        assert_eq!(cells[2], said);
        assert_eq!(cells[3], restarts);
        assert_eq!(cells[6], "node");
    }
    let mut going = pod(json!({"phase": "Running"}));
    going["metadata"] = json!({"deletionTimestamp": NOW});
    assert_eq!(cells(going)[2], "Terminating");
    let done = shown(Include::None, pod(json!({"phase": "Succeeded"})));
    assert_eq!(done["rows"][0]["conditions"][0]["reason"], "Succeeded");
}

#[test]
fn each_kind_has_its_cells() {
    let template = json!({"spec": {"containers": [
        {"name": "a", "image": "x:1"}, {"name": "b", "image": "y:2"}]}});
    let selector = json!({"matchLabels": {"app": "web"}});
    for (object, expected) in [
        (
            json!({"apiVersion": "apps/v1", "kind": "Deployment",
                "spec": {"replicas": 3, "selector": selector, "template": template},
                "status": {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1}}),
            json!(["n", "1/3", 2, 1, "30s", "a,b", "x:1,y:2", "app=web"]),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer",
                "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}]}}),
            json!([
                "n",
                "LoadBalancer",
                "10.0.0.1",
                "<pending>",
                "80:30080/TCP",
                "30s",
                "<none>"
            ]),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"a": "", "b": ""}}),
            json!(["n", "Opaque", 2, "30s"]),
        ),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": ""}, "binaryData": {"b": ""}}),
            json!(["n", 2, "30s"]),
        ),
        (
            json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "note": " m ", "reason": "R",
                "type": "Normal", "regarding": {"kind": "Pod", "name": "p"}, "reportingController": "c",
                "reportingInstance": "i", "eventTime": "2026-01-01T00:58:00.000000Z",
                "series": {"count": 4, "lastObservedTime": "2026-01-01T00:59:00.000000Z"}}),
            json!(["60s", "Normal", "R", "pod/p", "", "c, i", "m", "2m", 4, "n"]),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Endpoints", "subsets": [{"ports": [{"port": 80}],
                "addresses": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}, {"ip": "10.0.0.3"}, {"ip": "10.0.0.4"}]}]}),
            json!([
                "n",
                "10.0.0.1:80,[fd00::1]:80,10.0.0.3:80 + 1 more...",
                "30s"
            ]),
        ),
        (
            json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                "ports": [{"port": 80}], "endpoints": []}),
            json!(["n", "IPv4", "80", "<unset>", "30s"]),
        ),
        (
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"tls": [{}], "rules": [
                {"host": "a"}, {"host": "b"}, {"host": "c"}, {"host": "d"}]},
                "status": {"loadBalancer": {"ingress": [{"hostname": "h"}, {"ip": "10.0.0.1"}]}}}),
            json!([
                "n",
                "<none>",
                "a,b,c + 1 more...",
                "10.0.0.1,h",
                "80, 443",
                "30s"
            ]),
        ),
        (
            json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"completions": 2},
                "status": {"succeeded": 1, "startTime": "2026-01-01T00:50:00Z"}}),
            json!(["n", "Running", "1/2", "10m", "30s", "", "", "<none>"]),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"labels":
                {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "x"}},
                "spec": {"unschedulable": true}, "status": {
                    "conditions": [{"type": "Ready", "status": "True"}],
                    "addresses": [{"type": "InternalIP", "address": "10.0.0.2"}],
                    "nodeInfo": {"kubeletVersion": "v1", "kernelVersion": "6", "architecture": "amd64"}}}),
            json!([
                "n",
                "Ready,SchedulingDisabled",
                "control-plane,x",
                "30s",
                "v1",
                "10.0.0.2",
                "<none>",
                "<unknown>",
                "6 (amd64)",
                "<unknown>"
            ]),
        ),
        (
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "spec": {"volumeName": "v", "storageClassName": "s", "volumeMode": "Filesystem"},
                "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}}),
            json!([
                "n",
                "Bound",
                "v",
                "1Gi",
                "RWO",
                "s",
                "<unset>",
                "30s",
                "Filesystem"
            ]),
        ),
        (
            json!({"apiVersion": "v1", "kind": "LimitRange"}),
            json!(["n", "2026-01-01T00:59:30Z"]),
        ),
    ] {
        let kind = object["kind"].clone();
        assert_eq!(cells(object), expected, "{kind}");
    }
}

#[test]
fn rows_carry_what_is_asked_for() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "planted"}});
    let metadata = shown(Include::Metadata, secret.clone());
    assert_eq!(
        metadata["rows"][0]["object"]["kind"],
        "PartialObjectMetadata"
    );
    assert!(!metadata.to_string().contains("planted"));
    let whole = shown(Include::Object, secret);
    assert_eq!(whole["rows"][0]["object"]["data"]["a"], "planted");
    assert_eq!(whole["metadata"]["resourceVersion"], "7");
    assert_eq!(whole["columnDefinitions"][0]["format"], "name");
}

#[test]
fn custom_resources_have_the_columns_of_their_definition() {
    let definition = Object::from_value(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.example.org"},
        "spec": {"group": "example.org", "scope": "Namespaced", "names": {"plural": "foos", "kind": "Foo"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}},
                "additionalPrinterColumns": [
                    {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
                    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]}]}}))
    .unwrap();
    let registry = Registry::built_in().with_definition(&definition);
    let resource = registry.find("example.org", "v1", "foos").unwrap();
    let object = Object::from_value(json!({"apiVersion": "example.org/v1", "kind": "Foo",
        "metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"size": 3.0},
        "status": {"conditions": [{"type": "Other", "status": "x"}, {"type": "Ready", "status": "True"}]}}))
    .unwrap();
    let options = TableOptions {
        now: NOW.parse().unwrap(),
        include: Include::None,
        headers: false,
    };
    let json = table(&resource, [&object], &json!({}), options);
    let table: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(table["rows"][0]["cells"], json!(["a", "True", 3, "60m"]));
    assert_eq!(table["columnDefinitions"], Value::Null);
}
