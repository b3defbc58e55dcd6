use super::*;
use crate::object::patch::merge;

fn service(spec: &Value) -> Object {
    let mut service = Object::from_value(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "n", "uid": "s", "resourceVersion": "1", "labels": {"team": "a"}},
        "spec": {"clusterIP": "10.96.1.1", "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]},
    }))
    .unwrap();
    for (name, value) in spec.as_object().unwrap() {
        service.set(&["spec", name], value.clone());
    }
    service
}

fn pod(number: usize, is_ready: bool) -> Object {
    let truth = if is_ready { "True" } else { "False" };
    Object::from_value(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("p{number:03}"), "namespace": "n", "uid": format!("u{number}"),
            "labels": {"app": "web"}},
        "spec": {"nodeName": "node", "containers": [{"name": "c", "ports": [
            {"name": "web", "containerPort": 9000 + number % 2}]}]},
        "status": {"phase": "Running", "podIP": format!("10.244.0.{number}"),
            "conditions": [{"type": "Ready", "status": truth}]},
    }))
    .unwrap()
}

fn decided(service: &Object, pods: &[Object], slices: &[Object]) -> Plan {
    decide(Snapshot {
        service: service.clone(),
        pods: pods.iter().collect(),
        slices: slices.to_vec(),
        taken: &BTreeSet::new(),
    })
}

fn applied(plan: Plan, mut slices: Vec<Object>) -> Vec<Object> {
    for effect in plan.effects {
        match effect {
            Effect::Create(slice) => slices.push(slice),
            Effect::Replace(slice) => {
                let place = slices.iter_mut().find(|s| s.name() == slice.name());
                *place.unwrap() = slice;
            }
            Effect::Delete { target, .. } => slices.retain(|s| s.name() != target.name),
            other => panic!("{other:?}"),
        }
    }
    slices
}

#[test]
fn a_slice_follows_its_pods() {
    let service = service(&json!({}));
    let mut pods = vec![pod(1, true), pod(2, false)];
    pods.push(
        Object::from_value(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "other", "labels": {"app": "other"}}, "status": {"podIP": "1.1.1.1"}}))
        .unwrap(),
    );
    let slices = applied(decided(&service, &pods, &[]), vec![]);
    assert_eq!(slices.len(), 1);
    let slice = &slices[0];
    assert!(
        slice.name().starts_with("web-") && slice.name().len() == 9,
        "{}",
        slice.name()
    );
    for (label, value) in [(SERVICE_NAME, "web"), (MANAGED_BY, MANAGER), ("team", "a")] {
        assert_eq!(slice.label(label), Some(value));
    }
    assert_eq!(
        slice.at(&["ports"]),
        Some(&json!([{"name": "http", "port": 8080, "protocol": "TCP"}]))
    );
    assert_eq!(
        field::list(slice, &["endpoints"])[0],
        json!({"addresses": ["10.244.0.1"], "conditions": {"ready": true, "serving": true, "terminating": false},
            "nodeName": "node", "targetRef": {"kind": "Pod", "namespace": "n", "name": "p001", "uid": "u1"}})
    );
    assert_eq!(
        field::list(slice, &["endpoints"])[1]["conditions"]["ready"],
        json!(false)
    );
    assert_eq!(decided(&service, &pods, &slices), Plan::default());

    pods[1] = pod(2, true);
    pods[0].set(
        &["metadata", "deletionTimestamp"],
        json!("2026-01-01T00:00:00Z"),
    );
    let slices = applied(decided(&service, &pods, &slices), slices);
    let conditions: Vec<&Value> = field::list(&slices[0], &["endpoints"])
        .iter()
        .map(|e| &e["conditions"])
        .collect();
    assert_eq!(
        *conditions[0],
        json!({"ready": false, "serving": true, "terminating": true})
    );
    assert_eq!(
        *conditions[1],
        json!({"ready": true, "serving": true, "terminating": false})
    );

    let slices = applied(decided(&service, &[], &slices), slices);
    assert_eq!(slices.len(), 1, "an empty one stays");
    assert!(field::list(&slices[0], &["endpoints"]).is_empty());
    assert_eq!(decided(&service, &[], &slices), Plan::default());
}

#[test]
fn slices_hold_a_hundred_and_change_little() {
    let service = service(&json!({}));
    let mut pods: Vec<Object> = (0..250).map(|n| pod(n, true)).collect();
    let slices = applied(decided(&service, &pods, &[]), vec![]);
    let sizes = |slices: &[Object]| -> Vec<usize> {
        slices
            .iter()
            .map(|s| field::list(s, &["endpoints"]).len())
            .collect()
    };
    assert_eq!(sizes(&slices), [100, 100, 50]);
    assert_eq!(decided(&service, &pods, &slices), Plan::default());
    pods.remove(0);
    let plan = decided(&service, &pods, &slices);
    assert_eq!(plan.effects.len(), 1, "the others keep what they have");
    let total: usize = sizes(&applied(plan, slices)).iter().sum();
    assert_eq!(total, 249);
}

#[test]
fn named_ports_are_those_of_the_pod() {
    let service = service(&json!({"ports": [{"port": 80, "targetPort": "web"}]}));
    let pods = [pod(2, true), pod(3, true)];
    let slices = applied(decided(&service, &pods, &[]), vec![]);
    let ports: Vec<&Value> = slices
        .iter()
        .map(|s| &field::list(s, &["ports"])[0]["port"])
        .collect();
    assert_eq!(ports, [&json!(9000), &json!(9001)]);
    assert_eq!(decided(&service, &pods, &slices), Plan::default());
}

#[test]
fn some_services_have_no_slices() {
    for spec in [
        json!({"selector": null}),
        json!({"selector": {}}),
        json!({"type": "ExternalName"}),
    ] {
        assert_eq!(
            decided(&service(&spec), &[pod(1, true)], &[]),
            Plan::default(),
            "{spec}"
        );
    }
}

#[test]
fn headless_slices_say_so() {
    let service = service(&json!({"clusterIP": "None", "publishNotReadyAddresses": true}));
    let slices = applied(decided(&service, &[pod(1, false)], &[]), vec![]);
    assert_eq!(slices[0].label(HEADLESS), Some(""));
    assert_eq!(
        field::list(&slices[0], &["endpoints"])[0]["conditions"]["ready"],
        json!(true)
    );
}

#[test]
fn addresses_are_stable_free_and_in_range() {
    let bare = service(&json!({"clusterIP": null}));
    let address = |taken: &BTreeSet<String>| -> String {
        let plan = decide(Snapshot {
            service: bare.clone(),
            pods: vec![],
            slices: vec![],
            taken,
        });
        let Some(Effect::Patch { patch, .. }) = plan.effects.first() else {
            panic!("{plan:?}");
        };
        let mut value = bare.to_value();
        merge::apply(&mut value, patch);
        assert_eq!(value["spec"]["clusterIPs"][0], value["spec"]["clusterIP"]);
        value["spec"]["clusterIP"].as_str().unwrap().to_owned()
    };
    let first = address(&BTreeSet::new());
    assert_eq!(first, address(&BTreeSet::new()));
    let second = address(&BTreeSet::from([first.clone()]));
    assert_ne!(first, second);
    for address in [first, second] {
        let parts: Vec<u8> = address
            .split('.')
            .map(|part| part.parse().unwrap())
            .collect();
        assert!(parts[0] == 10 && (96..112).contains(&parts[1]), "{address}");
    }
}
