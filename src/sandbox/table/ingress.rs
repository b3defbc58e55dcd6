//! How Ingresses are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, list, text, text_or},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("networking.k8s.io", "Ingress"),
    columns: &[
        NAME,
        column("Class", "Which IngressClass handles it."),
        column("Hosts", "Hosts that requests are matched against."),
        column("Address", "Where the load balancer is reached."),
        column("Ports", "Ports that open."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let ports = if list(object, "spec.tls").is_empty() {
        "80"
    } else {
        "80, 443"
    };
    vec![
        object.name().into(),
        text_or(object, "spec.ingressClassName", "<none>").into(),
        hosts(list(object, "spec.rules")).into(),
        load_balancer(list(object, "status.loadBalancer.ingress")).into(),
        ports.into(),
        age(object, now).into(),
    ]
}

/// How many hosts are named before the others are counted.
const MOST_HOSTS: usize = 3;

fn hosts(rules: &[Value]) -> String {
    let hosts: Vec<&str> = rules
        .iter()
        .map(|rule| text(rule, "host"))
        .filter(|host| !host.is_empty())
        .collect();
    if hosts.is_empty() {
        return "*".to_owned();
    }
    let shown: Vec<&str> = hosts.iter().copied().take(MOST_HOSTS).collect();
    // A rule after the third host makes the list end, with or without a host of its own.
    let third = rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| !text(*rule, "host").is_empty())
        .nth(MOST_HOSTS - 1)
        .map(|(at, _)| at);
    let shown = shown.join(",");
    match third {
        Some(at) if rules.len() > at + 1 => {
            format!("{shown} + {} more...", rules.len() - MOST_HOSTS)
        }
        _ => shown,
    }
}

/// Addresses of a load balancer, sorted and without repetition.
pub(super) fn load_balancer(ingress: &[Value]) -> String {
    let addresses: std::collections::BTreeSet<&str> = ingress
        .iter()
        .map(|point| text_or(point, "ip", text(point, "hostname")))
        .filter(|address| !address.is_empty())
        .collect();
    addresses.into_iter().collect::<Vec<_>>().join(",")
}
