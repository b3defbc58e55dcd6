//! An image is rolled out as a canary and promoted, on whatever server: to the second it is told in `image_promoted`.

use serde_json::{Value, json};
use waxwing::{
    api::crd,
    controller,
    object::{Gvk, Object, ObjectRef},
};

use super::world::World;

fn rollout() -> ObjectRef {
    ObjectRef::new(waxwing::api::rollout::gvk(), Some("default"), "demo")
}

/// Lets time pass until the Rollout is as wanted.
async fn until(world: &World, wanted: impl Fn(&Object) -> bool) -> Object {
    let target = rollout();
    let found = world.until(&target, |found| found.is_some_and(&wanted));
    world.pace.with_time(found).await.unwrap()
}

fn is(found: &Object, phase: &str, revision: &str) -> bool {
    found.at(&["status", "phase"]).and_then(Value::as_str) == Some(phase)
        && found.annotation(waxwing::api::rollout::REVISION) == Some(revision)
        && found
            .at(&["status", "observedGeneration"])
            .and_then(Value::as_str)
            == found
                .generation()
                .map(|number| number.to_string())
                .as_deref()
}

#[tokio::test]
async fn an_image_canary_is_promoted() {
    let world = World::without_keys().await;
    for definition in crd::argo::all().into_iter().chain(crd::argo::routes()) {
        world.create(definition).await;
    }
    for name in ["stable", "canary"] {
        world.create(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
            "spec": {"ports": [{"port": 80}], "selector": {"app": "demo"}}})).await;
    }
    world.create(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "route", "namespace": "default"},
        "spec": {"rules": [{"backendRefs": [{"name": "stable", "port": 80, "weight": 100}, {"name": "canary", "port": 80, "weight": 0}]}]}})).await;
    world.create(json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "demo", "namespace": "default"},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "demo"}},
            "template": {"metadata": {"labels": {"app": "demo"}}, "spec": {"containers": [{"name": "demo", "image": "demo:1"}]}},
            "strategy": {"canary": {"canaryService": "canary", "stableService": "stable",
                "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "route"}}},
                "steps": [{"setWeight": 50}, {"pause": {"duration": "60s"}}]}}}})).await;
    let workloads = tokio::spawn(world.workloads().run());
    let (cluster, clock) = (world.controllers.clone(), world.clock.clone());
    let rollouts = tokio::spawn(async move {
        controller::rollout::run(&cluster, &clock, None, std::future::pending())
            .await
            .unwrap();
    });
    let first = until(&world, |found| is(found, "Healthy", "1")).await;
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "demo", "image": "demo:2"}]}}}});
    world.patch(&rollout(), patch).await;
    until(&world, |found| is(found, "Paused", "2")).await;
    let route = ObjectRef::new(
        Gvk::new("gateway.networking.k8s.io", "v1", "HTTPRoute"),
        Some("default"),
        "route",
    );
    let weights = world.cluster.get(&route).await.unwrap().unwrap().to_value();
    assert_eq!(
        weights.pointer("/spec/rules/0/backendRefs/1/weight"),
        Some(&json!(50))
    );
    let last = until(&world, |found| is(found, "Healthy", "2")).await;
    assert_ne!(
        first.at(&["status", "stableRS"]),
        last.at(&["status", "stableRS"])
    );
    rollouts.abort();
    workloads.abort();
}
