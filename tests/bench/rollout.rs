//! Rollouts: one decision midway through an update, and a thousand of them whose image is changed at once.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a bench that cannot be set up ends at once, and says by itself what is no time"
)]

use std::{collections::BTreeMap, future::pending, time::Instant};

use divan::Bencher;
use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use waxwing::{
    api::{crd, rollout},
    clock::Clock,
    cluster::{Cluster, Selector},
    controller::{self, workload},
    object::{Object, ObjectRef},
    plan::Precondition,
    rollout::{
        decide::{self, Snapshot},
        hash,
    },
    sandbox::{Sandbox, SandboxOptions},
};

const REPLICA_SETS: usize = 10;
const ROLLOUTS: usize = 1_000;

fn object(value: Value) -> Object {
    Object::from_value(value).expect("the bench makes objects")
}

fn template(image: usize) -> Value {
    json!({"metadata": {"labels": {"app": "demo"}},
        "spec": {"containers": [{"name": "main", "image": format!("demo:{image}"),
            "ports": [{"name": "http", "containerPort": 7007}],
            "envFrom": [{"secretRef": {"name": "demo-secrets"}}],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}}}]}})
}

fn replica_set(number: usize) -> Object {
    let hash = hash::pod_template_hash(&template(number), None);
    let mut template = template(number);
    template["metadata"]["labels"]["rollouts-pod-template-hash"] = hash.clone().into();
    let pods = if number + 2 >= REPLICA_SETS { 5 } else { 0 };
    object(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": format!("demo-{hash}"), "namespace": "shop", "uid": format!("set-{number}"),
            "creationTimestamp": format!("2030-01-01T00:00:{number:02}Z"), "generation": 1,
            "labels": {"app": "demo", "rollouts-pod-template-hash": hash},
            "annotations": {"rollout.argoproj.io/revision": (number + 1).to_string(),
                "rollout.argoproj.io/desired-replicas": "10"}},
        "spec": {"replicas": pods, "template": template},
        "status": {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods, "observedGeneration": 1}}))
}

/// An update midway: the last of ten revisions at half of the pods.
fn midway() -> Snapshot {
    let hash = |number| hash::pod_template_hash(&template(number), None);
    let steps = json!([{"setWeight": 50}, {"pause": {"duration": "600s"}}]);
    let rollout = object(
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "demo", "namespace": "shop", "uid": "u", "generation": 10,
            "annotations": {"rollout.argoproj.io/revision": REPLICA_SETS.to_string()}},
        "spec": {"replicas": 10, "selector": {"matchLabels": {"app": "demo"}},
            "template": template(REPLICA_SETS - 1), "strategy": {"canary": {"steps": steps}}},
        "status": {"stableRS": hash(REPLICA_SETS - 2), "currentPodHash": hash(REPLICA_SETS - 1),
            "currentStepIndex": 1, "currentStepHash": hash::step_hash(Some(&steps)), "observedGeneration": "10",
            "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2030-01-01T01:00:00Z"}],
            "controllerPause": true}}),
    );
    Snapshot {
        rollout,
        effective_template: None,
        matching: None,
        replica_sets: (0..REPLICA_SETS).map(replica_set).collect(),
        runs: Vec::new(),
        objects: BTreeMap::new(),
    }
}

#[divan::bench]
fn decides_over_10_replica_sets(bencher: Bencher) {
    let snapshot = midway();
    let now: Timestamp = "2030-01-01T01:00:30Z".parse().expect("it is an instant");
    bencher.bench(|| decide::decide(&snapshot, now));
}

fn named(number: usize) -> ObjectRef {
    ObjectRef::new(rollout::gvk(), Some("default"), format!("r{number:04}"))
}

fn is_healthy(found: &Object) -> bool {
    let status = |name: &str| found.at(&["status", name]).and_then(Value::as_str);
    let generation = found.generation().unwrap_or(0).to_string();
    status("phase") == Some("Healthy") && status("observedGeneration") == Some(generation.as_str())
}

async fn until_all_healthy(cluster: &Cluster) {
    let all = Selector::default();
    loop {
        let listed = cluster.list(&rollout::gvk(), Some("default"), &all).await;
        let listed = listed.expect("the server lists").objects;
        if listed.len() == ROLLOUTS && listed.iter().all(is_healthy) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Memory that this process has in use, in kilobytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// A server with a thousand Rollouts of one pod each, all healthy.
async fn prepared() -> Cluster {
    let clock = Clock::wall();
    let sandbox = Sandbox::new(SandboxOptions {
        clock: clock.clone(),
    });
    let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
    for definition in crd::argo::all().into_iter().chain(crd::argo::routes()) {
        cluster
            .create(&object(definition))
            .await
            .expect("the server takes it");
    }
    for number in 0..ROLLOUTS {
        let name = named(number).name;
        let mut template = template(0);
        template["metadata"]["labels"]["app"] = name.clone().into();
        let made = object(
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template,
                "strategy": {"canary": {}}}}),
        );
        cluster.create(&made).await.expect("the server takes it");
    }
    tokio::spawn(workload::run(cluster.clone(), clock.clone()));
    let before = resident();
    let (of_loop, of_clock) = (cluster.clone(), clock);
    tokio::spawn(async move {
        let ended = controller::rollout::run(&of_loop, &of_clock, None, pending()).await;
        ended.expect("the controller runs");
    });
    let began = Instant::now();
    until_all_healthy(&cluster).await;
    eprintln!(
        "{ROLLOUTS} Rollouts healthy after {:?}; the process grew by {} kB, pods and server included",
        began.elapsed(),
        resident().saturating_sub(before)
    );
    cluster
}

async fn change_all(cluster: Cluster) {
    let always = Precondition::default();
    for number in 0..ROLLOUTS {
        let container = json!([{"name": "main", "image": "demo:other"}]);
        let patch = json!({"spec": {"template": {"spec": {"containers": container}}}});
        let patched = cluster.patch(&named(number), &patch, &always).await;
        patched.expect("the server takes it");
    }
    until_all_healthy(&cluster).await;
}

/// The image of 1,000 Rollouts is changed at once: until all are healthy, pods, server and controllers in one process.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn rolls_out_1000_images(bencher: Bencher) {
    let runtime = Runtime::new().expect("the machine gives threads");
    bencher
        .with_inputs(|| runtime.block_on(prepared()))
        .bench_values(|cluster| runtime.block_on(change_all(cluster)));
}
