//! The texts of the original's validation, one fault a row.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::object::patch::merge;

fn service(name: &str, selector: Value) -> Object {
    let service = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "ns"}, "spec": {"selector": selector}});
    Object::from_value(service).unwrap()
}

/// The fault of a Rollout that is right but for a change.
fn fault(change: Value) -> Option<String> {
    let mut rollout = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "demo", "namespace": "ns"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "demo"}},
            "template": {"metadata": {"labels": {"app": "demo"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}},
            "strategy": {"canary": {"stableService": "stable", "canaryService": "canary"}}}});
    merge::apply(&mut rollout, &json!({"spec": change}));
    let mut taken = service("taken", json!({"app": "demo"}));
    taken.set(&["metadata", "annotations"], json!({MANAGED_BY: "other"}));
    let services = [
        service("stable", json!({"app": "demo"})),
        service("canary", json!({"app": "demo"})),
        service("foreign", json!({"app": "other"})),
        taken,
    ];
    let objects: BTreeMap<_, _> = services
        .into_iter()
        .map(|found| (found.reference(), Some(found)))
        .collect();
    let snapshot = Snapshot {
        rollout: Object::from_value(rollout).unwrap(),
        effective_template: None,
        matching: None,
        is_held: false,
        replica_sets: Vec::new(),
        runs: Vec::new(),
        objects,
    };
    let spec = Spec::of(&snapshot.rollout).unwrap();
    first(&snapshot, &spec)
}

fn canary(change: Value) -> Value {
    json!({"strategy": {"canary": change}})
}

#[test]
fn faults_are_told_in_the_words_of_the_original() {
    let steps = |step: Value| canary(json!({"steps": [step]}));
    let traefik = json!({"traefik": {"weightedTraefikServiceName": "t"}});
    let kinds = "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause";
    let rows = [
        (json!({"selector": null}), "spec.selector: Required value: Rollout has missing field '.spec.selector'".to_owned()),
        (json!({"selector": {"matchLabels": null}}), "spec.selector: Invalid value: {}: empty selector is invalid for deployment".to_owned()),
        (json!({"replicas": -1}), "spec.replicas: Invalid value: -1: must be greater than or equal to 0".to_owned()),
        (json!({"selector": {"matchLabels": {"app": "x"}}}), "spec.template.metadata.labels: Invalid value: {\"app\":\"demo\"}: `selector` does not match template `labels`".to_owned()),
        (json!({"minReadySeconds": 700}), "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds".to_owned()),
        (json!({"strategy": {"canary": null}}), "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'".to_owned()),
        (json!({"strategy": {"blueGreen": {}}}), "spec.strategy.strategy: Invalid value: \"blueGreen: true canary: true\": Multiple Strategies can not be listed".to_owned()),
        (canary(json!({"maxSurge": 0, "maxUnavailable": "0%"})), "spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero".to_owned()),
        (canary(json!({"canaryService": "stable"})), "spec.strategy.stableService: Invalid value: \"stable\": This rollout uses the same service for the stable and canary services, but two different services are required.".to_owned()),
        (canary(json!({"scaleDownDelaySeconds": 5})), "spec.strategy.scaleDownDelaySeconds: Invalid value: 5: Canary scaleDownDelaySeconds can only be used with traffic routing".to_owned()),
        (canary(json!({"dynamicStableScale": true})), "spec.strategy.dynamicStableScale: Invalid value: true: Canary dynamicStableScale can only be used with traffic routing".to_owned()),
        (canary(json!({"trafficRouting": traefik.clone(), "canaryService": null})), "spec.strategy.canaryService: Invalid value: \"\": Canary service and Stable service must to be set to use Traffic Routing".to_owned()),
        (canary(json!({"trafficRouting": {"traefik": traefik["traefik"], "maxTrafficWeight": 1000}})), "spec.strategy.trafficRouting.maxTrafficWeight: Invalid value: 1000: Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins".to_owned()),
        (canary(json!({"antiAffinity": {}})), "spec.strategy.antiAffinity: Invalid value: \"antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: false antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: false\": AntiAffinity must have exactly one strategy listed".to_owned()),
        (steps(json!({"setWeight": 101})), "spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100".to_owned()),
        (steps(json!({"pause": {"duration": "soon"}})), "spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0".to_owned()),
        (steps(json!({"setCanaryScale": {"replicas": 1}})), "spec.strategy.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set".to_owned()),
        (steps(json!({"setWeight": 5, "pause": {}})), format!("spec.strategy.steps[0]: Invalid value: \"step.Experiment: false step.Pause: true step.SetWeight: true step.Analysis: false\": {kinds}")),
        (steps(json!({})), format!("spec.strategy.steps[0]: Invalid value: \"step.Experiment: true step.Pause: true step.SetWeight: true step.Analysis: true step.SetCanaryScale: true step.SetHeaderRoute: true step.SetMirrorRoute: true step.Plugin: true\": {kinds}")),
        (canary(json!({"stableService": "none"})), "spec.strategy.canary.stableService: Invalid value: \"none\": service \"none\" not found".to_owned()),
        (canary(json!({"stableService": "foreign"})), "spec.strategy.canary.stableService: Invalid value: \"foreign\": Service \"foreign\" has unmatch label \"app\" in rollout".to_owned()),
        (canary(json!({"stableService": "taken"})), "spec.strategy.canary.stableService: Invalid value: \"taken\": Service \"taken\" is managed by another Rollout".to_owned()),
        (json!({"workloadRef": {"apiVersion": "batch/v1", "kind": "Job", "name": "j"}}), "workload of type batch/Job is not supported".to_owned()),
        (json!({"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}), "deployments.apps \"d\" not found".to_owned()),
    ];
    for (change, text) in rows {
        assert_eq!(fault(change.clone()), Some(text), "{change}");
    }
    assert_eq!(fault(json!({})), None);
}

#[test]
fn what_is_not_carried_out_is_refused_by_name() {
    let forbidden = |path: &str| {
        Some(format!(
            "{path}: Forbidden: not supported by this controller"
        ))
    };
    for (change, path) in [
        (
            json!({"strategy": {"canary": null, "blueGreen": {"activeService": "a"}}}),
            "spec.strategy.blueGreen",
        ),
        (
            canary(json!({"pingPong": {}})),
            "spec.strategy.canary.pingPong",
        ),
        (
            canary(json!({"trafficRouting": {"istio": {}}})),
            "spec.strategy.canary.trafficRouting.istio",
        ),
        (
            canary(json!({"trafficRouting": {"plugins": {"other/router": {}}}})),
            "spec.strategy.canary.trafficRouting.other/router",
        ),
        (
            canary(json!({"steps": [{"plugin": {"name": "p"}}]})),
            "spec.strategy.canary.steps[0].plugin",
        ),
        (
            canary(json!({"steps": [{"experiment": {}}]})),
            "spec.strategy.canary.steps[0].experiment",
        ),
    ] {
        assert_eq!(fault(change.clone()), forbidden(path), "{change}");
    }
}
