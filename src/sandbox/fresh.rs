//! What a fresh cluster holds.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    registry::Registry,
    store::Store,
    write::{Scope, Writer, create},
};
use crate::object::{Gvk, Object};

/// Namespaces of a fresh cluster.
pub const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Makes what is missing of a fresh cluster.
pub fn fill(store: &mut Store, registry: &Registry, now: Timestamp) {
    for name in NAMESPACES {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        make(store, registry, now, namespace);
    }
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "10.96.0.1",
            "clusterIPs": ["10.96.0.1"],
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        },
    });
    make(store, registry, now, service);
}

/// What every namespace gets when it is made.
pub fn furnish(store: &mut Store, registry: &Registry, now: Timestamp, namespace: &str) {
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": namespace}});
    make(store, registry, now, account);
}

fn make(store: &mut Store, registry: &Registry, now: Timestamp, value: Value) {
    let Ok(object) = Object::from_value(value) else {
        return;
    };
    let gvk: Gvk = object.gvk();
    let Some(resource) = registry.of_kind(&gvk) else {
        return;
    };
    let namespace = object.namespace().unwrap_or_default().to_owned();
    let scope = Scope {
        registry,
        resource: &resource,
        namespace: &namespace,
        now,
        dry_run: false,
        writer: Writer::SERVER,
    };
    // What is there already stays as it is.
    let _ = create(store, &scope, object);
}
