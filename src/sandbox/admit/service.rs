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
    prepare,
    validate,
};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
/// Node ports are given from here.
const NODE_PORTS: std::ops::Range<i64> = 30000..32768;

fn kind(object: &Object) -> &str {
    object
        .at(&["spec", "type"])
        .and_then(Value::as_str)
        .unwrap_or("ClusterIP")
}

fn prepare(object: &mut Object, before: Option<&Object>) {
    let Some(spec) = set::spec(object) else {
        return;
    };
    set::default_text(spec, "sessionAffinity", "None");
    set::default_text(spec, "type", "ClusterIP");
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_external = matches!(kind, "NodePort" | "LoadBalancer");
    let is_named = kind == "ExternalName";
    let is_balanced = kind == "LoadBalancer";
    if !is_named {
        set::default_text(spec, "internalTrafficPolicy", "Cluster");
        set::default(spec, "ipFamilies", json!(["IPv4"]));
        set::default_text(spec, "ipFamilyPolicy", "SingleStack");
    }
    if is_external {
        set::default_text(spec, "externalTrafficPolicy", "Cluster");
    }
    if is_balanced {
        set::default(spec, "allocateLoadBalancerNodePorts", true);
    }
    for port in set::maps(spec, "ports") {
        set::default_text(port, "protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or_default();
        let is_unset = port
            .get("targetPort")
            .is_none_or(|target| target.is_null() || *target == 0 || target == "");
        if is_unset && number.is_number() {
            port.insert("targetPort".to_owned(), number);
        }
    }
    match before {
        None => object.set(&["status"], json!({"loadBalancer": {}})),
        // An address once given stays without being repeated.
        Some(before) if !is_named => {
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
    if !TYPES.contains(&kind) {
        causes.push(Cause::unsupported("spec.type", &kind.into(), &TYPES));
    }
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
    let mut numbers = BTreeSet::new();
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
        if !numbers.insert((protocol, number)) {
            let value = json!({"port": number, "protocol": protocol});
            causes.push(Cause::duplicate(path, &value));
        }
    }
    causes
}
