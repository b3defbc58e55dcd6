//! The endpoint of each pod, sorted by the ports that the pod answers at.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Endpoints;
use crate::{
    object::Object,
    workload::{field, replica_set},
};

/// One port of a slice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Port {
    name: String,
    protocol: String,
    port: i64,
    app_protocol: Option<String>,
}

/// The ports of a slice; pods whose named ports differ stand in different slices.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PortSet(Vec<Port>);

impl PortSet {
    pub(super) fn of_slice(slice: &Object) -> Self {
        let mut ports: Vec<Port> = field::list(slice, &["ports"])
            .iter()
            .map(|port| {
                let text = |field: &str| port.get(field).and_then(Value::as_str);
                Port {
                    name: text("name").unwrap_or_default().to_owned(),
                    protocol: text("protocol").unwrap_or("TCP").to_owned(),
                    port: port.get("port").and_then(Value::as_i64).unwrap_or(0),
                    app_protocol: text("appProtocol").map(str::to_owned),
                }
            })
            .collect();
        ports.sort();
        Self(ports)
    }

    pub(super) fn write(&self) -> Value {
        self.0
            .iter()
            .map(|port| {
                let mut value =
                    json!({"name": port.name, "protocol": port.protocol, "port": port.port});
                if let (Some(app), Some(map)) = (&port.app_protocol, value.as_object_mut()) {
                    map.insert("appProtocol".into(), app.clone().into());
                }
                value
            })
            .collect()
    }

    /// The ports of a Service at a pod: numbers as they are, names as the pod's containers have them.
    pub(super) fn at_pod(service: &Object, pod: &Object) -> Self {
        let mut ports: Vec<Port> = field::list(service, &["spec", "ports"])
            .iter()
            .filter_map(|port| {
                let text = |field: &str| port.get(field).and_then(Value::as_str);
                let protocol = text("protocol").unwrap_or("TCP");
                let number = match port.get("targetPort") {
                    Some(Value::String(name)) => named_port(pod, name, protocol)?,
                    Some(Value::Number(number)) if number.as_i64() != Some(0) => number.as_i64()?,
                    _ => port.get("port")?.as_i64()?,
                };
                Some(Port {
                    name: text("name").unwrap_or_default().to_owned(),
                    protocol: protocol.to_owned(),
                    port: number,
                    app_protocol: text("appProtocol").map(str::to_owned),
                })
            })
            .collect();
        ports.sort();
        Self(ports)
    }
}

fn named_port(pod: &Object, name: &str, protocol: &str) -> Option<i64> {
    let sidecars = field::list(pod, &["spec", "initContainers"])
        .iter()
        .filter(|spec| spec.get("restartPolicy").and_then(Value::as_str) == Some("Always"));
    field::list(pod, &["spec", "containers"])
        .iter()
        .chain(sidecars)
        .filter_map(|container| container.get("ports")?.as_array())
        .flatten()
        .find(|port| {
            let text = |field: &str| port.get(field).and_then(Value::as_str);
            text("name") == Some(name) && text("protocol").unwrap_or("TCP") == protocol
        })?
        .get("containerPort")?
        .as_i64()
}

/// The endpoints of pods that have an address and have not ended (`ShouldPodBeInEndpoints`).
pub(super) fn gather<'a>(
    service: &Object,
    pods: impl Iterator<Item = &'a Object>,
) -> BTreeMap<PortSet, Endpoints> {
    let mut all: BTreeMap<PortSet, Endpoints> = BTreeMap::new();
    for pod in pods {
        let phase = field::text(pod, &["status", "phase"]);
        let address = field::text(pod, &["status", "podIP"]);
        if matches!(phase, "Succeeded" | "Failed") || address.is_empty() {
            continue;
        }
        all.entry(PortSet::at_pod(service, pod))
            .or_default()
            .insert(pod.name().to_owned(), endpoint(service, pod, address));
    }
    all
}

fn endpoint(service: &Object, pod: &Object, address: &str) -> Value {
    let serving = replica_set::is_ready(pod);
    let terminating = field::is_deleting(pod);
    let always = field::is_true(service, &["spec", "publishNotReadyAddresses"]);
    let mut endpoint = json!({
        "addresses": [address],
        "conditions": {
            "ready": always || (serving && !terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": field::text(pod, &["spec", "nodeName"]),
        "targetRef": {
            "kind": "Pod",
            "namespace": pod.namespace(),
            "name": pod.name(),
            "uid": pod.uid(),
        },
    });
    let hostname = field::text(pod, &["spec", "hostname"]);
    let is_named = field::text(pod, &["spec", "subdomain"]) == service.name();
    if let (true, false, Some(map)) = (is_named, hostname.is_empty(), endpoint.as_object_mut()) {
        map.insert("hostname".into(), hostname.into());
    }
    endpoint
}

/// The name of the pod behind an endpoint.
pub(super) fn pod_name(endpoint: &Value) -> Option<&str> {
    endpoint.get("targetRef")?.get("name")?.as_str()
}
