//! Service: an address of its own, and EndpointSlices with the addresses of its pods.

mod addresses;
mod endpoints;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{field, name};
use crate::{
    object::{LabelSelector, Object},
    plan::{Effect, Plan, Precondition},
};

pub use addresses::decide as decide_endpoints;
use endpoints::PortSet;

/// Label with the name of the Service that a slice belongs to.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Label with whoever keeps a slice.
pub const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
/// What that label says of ours: we play the controller of this name.
pub const MANAGER: &str = "endpointslice-controller.k8s.io";
/// Label of slices of Services without an address of their own.
const HEADLESS: &str = "service.kubernetes.io/headless";

/// The most endpoints of one slice.
const MAX_ENDPOINTS: usize = 100;

/// The first address of 10.96.0.0/12, and how many there are.
const RANGE: (u32, u32) = (0x0a60_0000, 1 << 20);
/// Addresses at the start of the range that are left to those who choose one by hand.
const BY_HAND: u32 = 256;

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// The Service.
    pub service: Object,
    /// The pods of its namespace; the selector is applied here.
    pub pods: Vec<&'a Object>,
    /// Its EndpointSlices that [`MANAGER`] keeps.
    pub slices: Vec<Object>,
    /// Addresses that Services have.
    pub taken: &'a BTreeSet<String>,
}

/// Decides one pass: the address, then the slices.
pub fn decide(snapshot: Snapshot<'_>) -> Plan {
    let service = &snapshot.service;
    let is_external = field::text(service, &["spec", "type"]) == "ExternalName";
    if field::is_deleting(service) || is_external {
        return Plan::default();
    }
    if let Some(effect) = allocate(service, snapshot.taken) {
        return Plan {
            effects: vec![effect],
            ..Plan::default()
        };
    }
    let labels = service.at(&["spec", "selector"]).unwrap_or(&Value::Null);
    if labels.as_object().is_none_or(serde_json::Map::is_empty) {
        return Plan::default();
    }
    let Ok(selector) = LabelSelector::from_value(&json!({"matchLabels": labels})) else {
        return Plan::default();
    };
    let chosen = snapshot
        .pods
        .iter()
        .filter(|pod| selector.matches(&pod.labels()));
    let wanted = endpoints::gather(service, chosen.copied());
    Plan {
        effects: slices(service, wanted, snapshot.slices),
        ..Plan::default()
    }
}

/// Gives an address to a Service that has none: the same name gets the same one, if it is free.
fn allocate(service: &Object, taken: &BTreeSet<String>) -> Option<Effect> {
    if !field::text(service, &["spec", "clusterIP"]).is_empty() {
        return None;
    }
    let key = format!(
        "{}/{}",
        service.namespace().unwrap_or_default(),
        service.name()
    );
    let (first, size) = RANGE;
    // Neither the hand-chosen part nor the last address, which is the broadcast address.
    let room = size - BY_HAND - 1;
    let start = field::fnv1a(key.as_bytes()) % room;
    let address = (0..room)
        .map(|step| first + BY_HAND + (start + step) % room)
        .map(dotted)
        .find(|address| !taken.contains(address))?;
    Some(Effect::Patch {
        target: service.reference(),
        patch: json!({"spec": {
            "clusterIP": address, "clusterIPs": [address],
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
        }}),
        precondition: Precondition {
            uid: service.uid().map(str::to_owned),
            resource_version: service.resource_version().map(str::to_owned),
        },
    })
}

fn dotted(address: u32) -> String {
    let [a, b, c, d] = address.to_be_bytes();
    format!("{a}.{b}.{c}.{d}")
}

/// Endpoints by the pod's name (an address without one is none).
type Endpoints = BTreeMap<String, Value>;

/// Brings the slices to the wanted endpoints with as little change as can be.
fn slices(
    service: &Object,
    mut wanted: BTreeMap<PortSet, Endpoints>,
    existing: Vec<Object>,
) -> Vec<Effect> {
    if wanted.is_empty() {
        // An empty slice says that the endpoints are known, and none.
        wanted.insert(PortSet::default(), Endpoints::new());
    }
    let mut effects = Vec::new();
    let mut by_ports: BTreeMap<PortSet, Vec<Object>> = BTreeMap::new();
    for slice in existing
        .into_iter()
        .filter(|slice| !field::is_deleting(slice))
    {
        by_ports
            .entry(PortSet::of_slice(&slice))
            .or_default()
            .push(slice);
    }
    let mut number = 0;
    for (ports, mut endpoints) in wanted {
        let mut kept = by_ports.remove(&ports).unwrap_or_default();
        kept.sort_by(|a, b| a.name().cmp(b.name()));
        let mut held: Vec<Vec<Value>> = kept
            .iter()
            .map(|slice| {
                field::list(slice, &["endpoints"])
                    .iter()
                    .filter_map(|endpoint| endpoints.remove(endpoints::pod_name(endpoint)?))
                    .collect()
            })
            .collect();
        let mut rest = endpoints.into_values();
        for slice in &mut held {
            let room = MAX_ENDPOINTS.saturating_sub(slice.len());
            slice.extend(rest.by_ref().take(room));
        }
        let is_first = held.is_empty();
        let rest: Vec<Value> = rest.collect();
        for chunk in rest.chunks(MAX_ENDPOINTS) {
            effects.push(make(service, &ports, chunk.to_vec(), number));
            number += 1;
        }
        if is_first && rest.is_empty() {
            effects.push(make(service, &ports, Vec::new(), number));
            number += 1;
        }
        let are_all_empty = held.iter().all(Vec::is_empty) && rest.is_empty();
        for (index, (slice, endpoints)) in kept.into_iter().zip(held).enumerate() {
            if endpoints.is_empty() && !(are_all_empty && index == 0) {
                effects.push(remove(&slice));
            } else {
                effects.extend(renew(service, slice, endpoints));
            }
        }
    }
    effects.extend(by_ports.into_values().flatten().map(|slice| remove(&slice)));
    effects
}

fn labels(service: &Object) -> Value {
    let mut labels: BTreeMap<&str, &str> = service.labels();
    labels.insert(SERVICE_NAME, service.name());
    labels.insert(MANAGED_BY, MANAGER);
    if field::text(service, &["spec", "clusterIP"]) == "None" {
        labels.insert(HEADLESS, "");
    } else {
        labels.remove(HEADLESS);
    }
    json!(labels)
}

fn make(service: &Object, ports: &PortSet, endpoints: Vec<Value>, number: usize) -> Effect {
    let prefix = format!("{}-", service.name());
    let seed = format!(
        "{}/{}/{ports:?}/{}",
        service.uid().unwrap_or_default(),
        service.resource_version().unwrap_or_default(),
        endpoints
            .first()
            .and_then(endpoints::pod_name)
            .unwrap_or_default(),
    );
    let value = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name::from_seed(&prefix, &seed, number),
            "generateName": prefix,
            "namespace": service.namespace(),
            "labels": labels(service),
            "ownerReferences": [field::controller_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports.write(),
    });
    match Object::from_value(value) {
        Ok(slice) => Effect::Create(slice),
        // A map with a kind, as above, always is an object.
        Err(_) => remove(service),
    }
}

fn renew(service: &Object, slice: Object, endpoints: Vec<Value>) -> Option<Effect> {
    let mut renewed = slice.clone();
    renewed.set(&["metadata", "labels"], labels(service));
    renewed.set(&["endpoints"], endpoints.into());
    let significant = |object: &Object| field::significant(&object.to_value());
    (significant(&renewed) != significant(&slice)).then_some(Effect::Replace(renewed))
}

fn remove(slice: &Object) -> Effect {
    Effect::Delete {
        target: slice.reference(),
        precondition: Precondition {
            uid: slice.uid().map(str::to_owned),
            resource_version: None,
        },
    }
}

#[cfg(test)]
mod tests;
