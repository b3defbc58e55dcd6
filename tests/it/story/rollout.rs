//! An image is rolled out as a canary on the embedded server, with real pods, Services and an HTTPRoute, and promoted.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use waxwing::{
    api::crd,
    clock::Clock,
    cluster::Cluster,
    controller::{self, workload},
    object::{Gvk, Object, ObjectRef},
    plan::Precondition,
    sandbox::{Sandbox, SandboxOptions},
};

/// The most seconds of the story.
const MOST_SECONDS: i64 = 400;

fn rollout() -> ObjectRef {
    ObjectRef::new(waxwing::api::rollout::gvk(), Some("default"), "demo")
}

async fn get(cluster: &Cluster, target: &ObjectRef) -> Object {
    cluster.get(target).await.unwrap().unwrap()
}

/// Lets time pass, a second at a time, until the Rollout is as wanted.
async fn until(cluster: &Cluster, clock: &Clock, wanted: impl Fn(&Object) -> bool) -> Object {
    for _ in 0..MOST_SECONDS {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let found = get(cluster, &rollout()).await;
            if wanted(&found) {
                return found;
            }
        }
        clock.advance(SignedDuration::from_secs(1));
    }
    panic!("never as wanted: {:?}", get(cluster, &rollout()).await);
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
    let clock = Clock::stopped("2030-01-01T00:00:00Z".parse().unwrap());
    let sandbox = Sandbox::new(SandboxOptions {
        clock: clock.clone(),
    });
    let cluster = Cluster::new(kube::Client::new(sandbox.service(), "default"));
    let create = async |value: Value| {
        cluster
            .create(&Object::from_value(value).unwrap())
            .await
            .unwrap()
    };
    for definition in crd::argo::all().into_iter().chain(crd::argo::routes()) {
        create(definition).await;
    }
    for name in ["stable", "canary"] {
        create(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
            "spec": {"ports": [{"port": 80}], "selector": {"app": "demo"}}})).await;
    }
    create(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "route", "namespace": "default"},
        "spec": {"rules": [{"backendRefs": [{"name": "stable", "port": 80, "weight": 100}, {"name": "canary", "port": 80, "weight": 0}]}]}})).await;
    create(json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "demo", "namespace": "default"},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "demo"}},
            "template": {"metadata": {"labels": {"app": "demo"}}, "spec": {"containers": [{"name": "demo", "image": "demo:1"}]}},
            "strategy": {"canary": {"canaryService": "canary", "stableService": "stable",
                "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "route"}}},
                "steps": [{"setWeight": 50}, {"pause": {"duration": "60s"}}]}}}})).await;
    let workloads = tokio::spawn(workload::run(cluster.clone(), clock.clone()));
    let (loop_cluster, loop_clock) = (cluster.clone(), clock.clone());
    let rollouts = tokio::spawn(async move {
        controller::rollout::run(&loop_cluster, &loop_clock, None, std::future::pending())
            .await
            .unwrap();
    });
    let first = until(&cluster, &clock, |found| is(found, "Healthy", "1")).await;
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "demo", "image": "demo:2"}]}}}});
    cluster
        .patch(&rollout(), &patch, &Precondition::default())
        .await
        .unwrap();
    until(&cluster, &clock, |found| is(found, "Paused", "2")).await;
    let route = ObjectRef::new(
        Gvk::new("gateway.networking.k8s.io", "v1", "HTTPRoute"),
        Some("default"),
        "route",
    );
    let weights = get(&cluster, &route).await.to_value();
    assert_eq!(
        weights.pointer("/spec/rules/0/backendRefs/1/weight"),
        Some(&json!(50))
    );
    let last = until(&cluster, &clock, |found| is(found, "Healthy", "2")).await;
    assert_ne!(
        first.at(&["status", "stableRS"]),
        last.at(&["status", "stableRS"])
    );
    rollouts.abort();
    workloads.abort();
}
