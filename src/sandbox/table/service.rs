//! How Services are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, int, labels, list, or_none, text, text_or},
    column::{AGE, NAME, Printer, SELECTOR, text as column},
    ingress::load_balancer,
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "Service"),
    columns: &[
        NAME,
        column("Type", "How the service is exposed."),
        column("Cluster-IP", "Address within the cluster."),
        column("External-IP", "Addresses from outside."),
        column("Port(s)", "Ports that it serves."),
        AGE,
        SELECTOR,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let cluster_ip = list(object, "spec.clusterIPs")
        .first()
        .and_then(Value::as_str)
        .unwrap_or("<none>");
    vec![
        object.name().into(),
        text(object, "spec.type").into(),
        cluster_ip.into(),
        external_ip(object).into(),
        ports(list(object, "spec.ports")).into(),
        age(object, now).into(),
        labels(at(object, "spec.selector")).into(),
    ]
}

fn external_ip(object: &Object) -> String {
    let external = list(object, "spec.externalIPs")
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(",");
    match text(object, "spec.type") {
        "ClusterIP" | "NodePort" => or_none(external),
        "LoadBalancer" => {
            let balanced = load_balancer(list(object, "status.loadBalancer.ingress"));
            match (balanced.is_empty(), external.is_empty()) {
                (true, true) => "<pending>".to_owned(),
                (true, false) => external,
                (false, true) => balanced,
                (false, false) => format!("{balanced},{external}"),
            }
        }
        "ExternalName" => text(object, "spec.externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

fn ports(ports: &[Value]) -> String {
    let all: Vec<String> = ports
        .iter()
        .map(|port| {
            let (number, protocol) = (int(port, "port"), text_or(port, "protocol", "TCP"));
            match int(port, "nodePort") {
                0 => format!("{number}/{protocol}"),
                node => format!("{number}:{node}/{protocol}"),
            }
        })
        .collect();
    or_none(all.join(","))
}
