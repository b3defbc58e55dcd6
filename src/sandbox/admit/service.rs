//! Services: defaults, addresses and ports.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Rules, name, set};
use crate::{
    object::Object,
    sandbox::{
        chance,
        error::Cause,
        store::{GroupResource, Store},
    },
};

/// The rules of Services.
pub const RULES: Rules = Rules {
    group: "",
    plural: "services",
    fill,
    prepare,
    validate,
};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
/// How long a client is sent to the same pod when nothing is said.
const AFFINITY_SECONDS: i64 = 10800;
/// Node ports are given from here.
const NODE_PORTS: std::ops::Range<i64> = 30000..32768;

fn kind(object: &Object) -> &str {
    object
        .at(&["spec", "type"])
        .and_then(Value::as_str)
        .unwrap_or("ClusterIP")
}

fn fill(object: &mut Object) {
    let Some(spec) = set::spec(object) else {
        return;
    };
    match spec.get("sessionAffinity").and_then(Value::as_str) {
        Some("None") => {
            spec.remove("sessionAffinityConfig");
        }
        Some("ClientIP") => {
            if let Some(client) = set::map(spec, "sessionAffinityConfig")
                .and_then(|config| set::map(config, "clientIP"))
            {
                set::default(client, "timeoutSeconds", AFFINITY_SECONDS);
            }
        }
        _ => {}
    }
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_external = matches!(kind, "NodePort" | "LoadBalancer");
    let is_named = kind == "ExternalName";
    let is_balanced = kind == "LoadBalancer";
    if !is_named {
        set::default_text(spec, "internalTrafficPolicy", "Cluster");
    }
    if is_external {
        set::default_text(spec, "externalTrafficPolicy", "Cluster");
    }
    if is_balanced {
        set::default(spec, "allocateLoadBalancerNodePorts", true);
    }
    for port in set::maps(spec, "ports") {
        let number = port.get("port").cloned().unwrap_or_default();
        let is_unset = port
            .get("targetPort")
            .is_none_or(|target| target.is_null() || *target == 0 || target == "");
        if is_unset && number.is_number() {
            port.insert("targetPort".to_owned(), number);
        }
    }
}

fn prepare(object: &mut Object, before: Option<&Object>) {
    let is_named = kind(object) == "ExternalName";
    if !is_named && let Some(spec) = set::spec(object) {
        let has_selector = spec
            .get("selector")
            .and_then(Value::as_object)
            .is_some_and(|selector| !selector.is_empty());
        let is_headless = spec.get("clusterIP") == Some(&"None".into());
        // Who gives a headless Service its endpoints may give those of both families.
        let is_dual = is_headless && !has_selector && !spec.contains_key("ipFamilyPolicy");
        let (families, policy) = if is_dual {
            (json!(["IPv4", "IPv6"]), "RequireDualStack")
        } else {
            (json!(["IPv4"]), "SingleStack")
        };
        set::default(spec, "ipFamilies", families);
        set::default_text(spec, "ipFamilyPolicy", policy);
    }
    match before {
        None => {}
        // An address once given stays without being repeated; of two that differ the single one is meant.
        Some(before) if !is_named => {
            let (one, list) = (["spec", "clusterIP"], ["spec", "clusterIPs"]);
            if let Some(address) = object.at(&one).cloned()
                && Some(&address) != before.at(&one)
                && object.at(&list) == before.at(&list)
                && let Some(first) = object.at(&list).and_then(|list| list.get(0)).cloned()
                && first != address
            {
                object.set(&list, json!([address]));
            }
            for field in ["clusterIP", "clusterIPs"] {
                let is_unset = object
                    .at(&["spec", field])
                    .is_none_or(|value| value.is_null() || value == "");
                if let (true, Some(value)) = (is_unset, before.at(&["spec", field])) {
                    object.set(&["spec", field], value.clone());
                }
            }
        }
        Some(_) => {}
    }
}

/// Gives a new or changed Service the addresses and node ports that it lacks.
pub fn allocate(store: &Store, object: &mut Object) {
    let kind = kind(object).to_owned();
    if kind == "ExternalName" {
        return;
    }
    let is_unset = object
        .at(&["spec", "clusterIP"])
        .is_none_or(|value| value.is_null() || value == "");
    let lacks_port = |port: &Value| port.get("nodePort").is_none_or(|port| *port == 0);
    let wants_ports = kind != "ClusterIP"
        && object
            .at(&["spec", "ports"])
            .and_then(Value::as_array)
            .is_some_and(|ports| ports.iter().any(lacks_port));
    if is_unset {
        let used: BTreeSet<&str> = services(store)
            .filter_map(|service| service.at(&["spec", "clusterIP"])?.as_str())
            .collect();
        let address = free_address(&used);
        object.set(&["spec", "clusterIPs"], json!([address]));
        object.set(&["spec", "clusterIP"], address.into());
    } else if let Some(address) = object.at(&["spec", "clusterIP"]).cloned() {
        let is_listed = object.at(&["spec", "clusterIPs"]).is_some();
        if !is_listed {
            object.set(&["spec", "clusterIPs"], json!([address]));
        }
    }
    if wants_ports {
        let mut used: BTreeSet<i64> = services(store)
            .filter_map(|service| service.at(&["spec", "ports"])?.as_array())
            .flatten()
            .filter_map(|port| port.get("nodePort")?.as_i64())
            .collect();
        let Some(spec) = set::spec(object) else {
            return;
        };
        for port in set::maps(spec, "ports") {
            if port.get("nodePort").is_none_or(|port| *port == 0)
                && let Some(free) = NODE_PORTS.into_iter().find(|free| !used.contains(free))
            {
                used.insert(free);
                port.insert("nodePort".to_owned(), free.into());
            }
        }
    }
}

fn services(store: &Store) -> impl Iterator<Item = &Object> {
    store
        .shelf(&GroupResource::new("", "services"))
        .into_iter()
        .flat_map(|shelf| shelf.range("", None))
        .map(|(_, stored)| &stored.object)
}

/// An address of 10.96.0.0/12 that nobody has.
fn free_address(used: &BTreeSet<&str>) -> String {
    loop {
        let [a, b, c] = chance::bytes();
        let address = format!("10.{}.{b}.{c}", 96 + (a & 15));
        let is_edge = (b, c) == (0, 0) || (b, c) == (255, 255);
        if !is_edge && !used.contains(address.as_str()) {
            return address;
        }
    }
}

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let kind = kind(object);
    let address = |object: &Object| object.at(&["spec", "clusterIP"]).cloned();
    if let Some(before) = before
        && kind != "ExternalName"
        && address(before).is_some_and(|address| address != "")
        && address(object) != address(before)
    {
        let value = object
            .at(&["spec", "clusterIPs"])
            .cloned()
            .unwrap_or_default();
        causes.push(Cause::invalid(
            "spec.clusterIPs[0]",
            &value,
            "may not change once set",
        ));
    }
    let is_headless = object.at(&["spec", "clusterIP"]) == Some(&"None".into());
    let ports = object.at(&["spec", "ports"]).and_then(Value::as_array);
    let ports = ports.map(Vec::as_slice).unwrap_or_default();
    if ports.is_empty() && !is_headless && kind != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    if kind == "ExternalName"
        && object
            .at(&["spec", "externalName"])
            .is_none_or(|name| name == "")
    {
        causes.push(Cause::required("spec.externalName", ""));
    }
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = format!("spec.ports[{index}]");
        let text = |field: &str| port.get(field).and_then(Value::as_str).unwrap_or_default();
        match text("name") {
            "" if ports.len() > 1 => causes.push(Cause::required(format!("{path}.name"), "")),
            "" => {}
            given => {
                for detail in name::label(given) {
                    causes.push(Cause::invalid(
                        format!("{path}.name"),
                        &given.into(),
                        &detail,
                    ));
                }
                if !names.insert(given) {
                    causes.push(Cause::duplicate(format!("{path}.name"), &given.into()));
                }
            }
        }
        let number = port.get("port").and_then(Value::as_i64).unwrap_or_default();
        if !(1..=65535).contains(&number) {
            causes.push(Cause::invalid(
                format!("{path}.port"),
                &number.into(),
                "must be between 1 and 65535, inclusive",
            ));
        }
        let protocol = text("protocol");
        if !PROTOCOLS.contains(&protocol) {
            causes.push(Cause::unsupported(
                format!("{path}.protocol"),
                &protocol.into(),
                &PROTOCOLS,
            ));
        }
        match port.get("targetPort") {
            Some(Value::Number(target)) => {
                let target = target.as_i64().unwrap_or_default();
                if !(1..=65535).contains(&target) {
                    causes.push(Cause::invalid(
                        format!("{path}.targetPort"),
                        &target.into(),
                        "must be between 1 and 65535, inclusive",
                    ));
                }
            }
            Some(Value::String(target)) => {
                for detail in name::port(target) {
                    let value = target.as_str().into();
                    causes.push(Cause::invalid(
                        format!("{path}.targetPort"),
                        &value,
                        &detail,
                    ));
                }
            }
            _ => {}
        }
    }
    if !TYPES.contains(&kind) {
        causes.push(Cause::unsupported("spec.type", &kind.into(), &TYPES));
    }
    let mut numbers = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = format!("spec.ports[{index}]");
        let protocol = port
            .get("protocol")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let number = port.get("port").and_then(Value::as_i64).unwrap_or_default();
        if !numbers.insert((protocol, number)) {
            // Go compares, and shows, a port that has only these.
            let shown = format!(
                r#"{{"Name":"","Protocol":"{protocol}","AppProtocol":null,"Port":{number},"TargetPort":0,"NodePort":0}}"#
            );
            causes.push(Cause::duplicate_as(path.as_str(), &shown));
        }
    }
    causes
}
