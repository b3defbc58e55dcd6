//! The old Endpoints object of a Service: one object with all addresses, beside the slices.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{HEADLESS, PortSet};
use crate::{
    object::{LabelSelector, Object},
    plan::{Effect, Plan},
    workload::{field, member, replica_set},
};

/// Label with whoever keeps the object.
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
/// What that label says of ours: we play the controller of this name.
const MANAGER: &str = "endpoint-controller";
/// Annotation of an object that does not show all addresses.
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";

/// The most addresses of one object.
const MAX_ADDRESSES: usize = 1000;

/// Decides one pass (`syncService` of the endpoints controller); without a Service the object goes.
///
/// The annotation with the time of the last change is not written.
pub fn decide(service: Option<&Object>, pods: &[&Object], existing: Option<&Object>) -> Plan {
    let mut plan = Plan::default();
    let Some(service) = service else {
        let ours = existing.filter(|object| object.label(MANAGED_BY) == Some(MANAGER));
        plan.effects.extend(ours.map(member::remove));
        return plan;
    };
    let labels = service.at(&["spec", "selector"]).unwrap_or(&Value::Null);
    let has_selector = labels.as_object().is_some_and(|labels| !labels.is_empty());
    let selector = LabelSelector::from_value(&json!({"matchLabels": labels}));
    let (true, false, Ok(selector)) = (has_selector, field::is_deleting(service), selector) else {
        return plan;
    };
    let chosen = pods.iter().filter(|pod| selector.matches(&pod.labels()));
    let (subsets, is_cut) = subsets(service, chosen.copied());
    let base = existing.cloned().or_else(|| {
        Object::from_value(json!({"apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": service.name(), "namespace": service.namespace()}}))
        .ok()
    });
    let Some(mut wanted) = base else {
        return plan;
    };
    wanted.set(&["metadata", "labels"], own_labels(service));
    if is_cut {
        wanted.set(
            &["metadata", "annotations", OVER_CAPACITY],
            "truncated".into(),
        );
    } else {
        wanted.remove(&["metadata", "annotations", OVER_CAPACITY]);
    }
    if subsets.is_empty() {
        wanted.remove(&["subsets"]);
    } else {
        wanted.set(&["subsets"], subsets.into());
    }
    match existing {
        None => plan.effects.push(Effect::Create(wanted)),
        Some(existing) => {
            let significant = |object: &Object| field::significant(&object.to_value());
            if significant(existing) != significant(&wanted) {
                plan.effects.push(Effect::Replace(wanted));
            }
        }
    }
    plan
}

fn own_labels(service: &Object) -> Value {
    let mut labels: BTreeMap<&str, &str> = service.labels();
    labels.insert(MANAGED_BY, MANAGER);
    if field::text(service, &["spec", "clusterIP"]) == "None" {
        labels.insert(HEADLESS, "");
    } else {
        labels.remove(HEADLESS);
    }
    json!(labels)
}

/// The addresses by the ports behind them, and whether there are more than fit.
fn subsets<'a>(service: &Object, pods: impl Iterator<Item = &'a Object>) -> (Vec<Value>, bool) {
    let always = field::is_true(service, &["spec", "publishNotReadyAddresses"]);
    let mut by_ports: BTreeMap<PortSet, [BTreeMap<String, Value>; 2]> = BTreeMap::new();
    let mut count = 0;
    for pod in pods {
        let address = field::text(pod, &["status", "podIP"]);
        let is_leaving = field::is_deleting(pod) && !always;
        if address.is_empty() || member::has_ended(pod) || is_leaving {
            continue;
        }
        count += 1;
        if count > MAX_ADDRESSES {
            break;
        }
        let is_ready = always || replica_set::is_ready(pod);
        let sides = by_ports.entry(PortSet::at_pod(service, pod)).or_default();
        let [ready, unready] = sides;
        let side = if is_ready { ready } else { unready };
        side.insert(address.to_owned(), entry(service, pod, address));
    }
    let subsets = by_ports
        .into_iter()
        .map(|(ports, [ready, unready])| {
            let mut subset = json!({"ports": without_empty_names(ports.write())});
            for (name, addresses) in [("addresses", ready), ("notReadyAddresses", unready)] {
                if let (false, Some(map)) = (addresses.is_empty(), subset.as_object_mut()) {
                    let addresses: Vec<Value> = addresses.into_values().collect();
                    map.insert(name.into(), addresses.into());
                }
            }
            subset
        })
        .collect();
    (subsets, count > MAX_ADDRESSES)
}

/// Here a port without a name says nothing of it, unlike in a slice.
fn without_empty_names(mut ports: Value) -> Value {
    for port in ports.as_array_mut().into_iter().flatten() {
        if port.get("name").and_then(Value::as_str) == Some("")
            && let Some(map) = port.as_object_mut()
        {
            map.remove("name");
        }
    }
    ports
}

fn entry(service: &Object, pod: &Object, address: &str) -> Value {
    let mut entry = json!({
        "ip": address,
        "nodeName": field::text(pod, &["spec", "nodeName"]),
        "targetRef": {"kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid()},
    });
    let hostname = field::text(pod, &["spec", "hostname"]);
    let is_named = field::text(pod, &["spec", "subdomain"]) == service.name();
    if let (true, false, Some(map)) = (is_named, hostname.is_empty(), entry.as_object_mut()) {
        map.insert("hostname".into(), hostname.into());
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_by_ports_and_readiness_and_go_with_the_service() {
        let service = Object::from_value(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "namespace": "n", "labels": {"team": "a"}},
            "spec": {"clusterIP": "10.96.1.1", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}))
        .unwrap();
        let pod = |number: usize, ready: &str| {
            Object::from_value(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("p{number}"), "namespace": "n", "labels": {"app": "web"}},
                "spec": {"nodeName": "node"},
                "status": {"phase": "Running", "podIP": format!("10.244.0.{number}"),
                    "conditions": [{"type": "Ready", "status": ready}]}}))
            .unwrap()
        };
        let pods = [pod(1, "True"), pod(2, "False")];
        let pods: Vec<&Object> = pods.iter().collect();
        let plan = decide(Some(&service), &pods, None);
        let [Effect::Create(made)] = plan.effects.as_slice() else {
            panic!("{plan:?}");
        };
        let subset = &made.at(&["subsets"]).unwrap()[0];
        assert_eq!(subset["addresses"][0]["ip"], "10.244.0.1");
        assert_eq!(subset["notReadyAddresses"][0]["ip"], "10.244.0.2");
        assert_eq!(subset["ports"][0]["port"], 8080);
        assert_eq!(made.label("team"), Some("a"));
        assert_eq!(decide(Some(&service), &pods, Some(made)), Plan::default());
        assert_eq!(
            decide(None, &[], Some(made)).effects,
            vec![member::remove(made)]
        );
        let many: Vec<Object> = (0..=MAX_ADDRESSES)
            .map(|number| {
                let mut pod = pod(number, "True");
                pod.set(
                    &["status", "podIP"],
                    format!("10.0.{}.{}", number / 250, number % 250).into(),
                );
                pod
            })
            .collect();
        let many: Vec<&Object> = many.iter().collect();
        let (subsets, is_cut) = subsets(&service, many.into_iter());
        assert!(is_cut);
        assert_eq!(
            subsets[0]["addresses"].as_array().unwrap().len(),
            MAX_ADDRESSES
        );
    }
}
