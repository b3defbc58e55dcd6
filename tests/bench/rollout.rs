//! Rollouts: one decision midway through an update, and a thousand of them whose image is changed at once.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a bench that cannot be set up ends at once, and says by itself what is no time"
)]

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use divan::Bencher;
use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;
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
        is_held: false,
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

async fn until_all_healthy(cluster: &Cluster, count: usize) {
    let all = Selector::default();
    loop {
        let listed = cluster.list(&rollout::gvk(), Some("default"), &all).await;
        let listed = listed.expect("the server lists").objects;
        if listed.len() == count && listed.iter().all(is_healthy) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

/// Memory that this process has in use, in kilobytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// Processor time that this process has used, in hundredths of a second.
fn processor() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let fields: Vec<&str> = fields.split(' ').collect();
    let one = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<u64>().ok())
    };
    one(11).unwrap_or(0) + one(12).unwrap_or(0)
}

/// What the controller of the Rollouts has asked for, by method and resource.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<BTreeMap<String, usize>>>);

impl Asked {
    fn note(&self, method: &str, path: &str) {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let resource = parts.by_ref().skip_while(|part| *part != "default").nth(1);
        let resource = resource.unwrap_or("elsewhere").to_owned();
        let rest: Vec<&str> = parts.skip(1).collect();
        let what = format!("{method} {resource} {}", rest.join(" "));
        *self.counts().entry(what.trim_end().to_owned()).or_default() += 1;
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, count: usize) {
        let counts = std::mem::take(&mut *self.counts());
        let all: usize = counts.values().sum();
        eprintln!("  {all} requests of the controller for {count} Rollouts: {counts:?}");
    }
}

/// A server with Rollouts of one pod each, all healthy.
struct Prepared {
    cluster: Cluster,
    asked: Asked,
    count: usize,
}

impl Prepared {
    async fn new(count: usize) -> Self {
        let clock = Clock::wall();
        let sandbox = Sandbox::new(SandboxOptions {
            clock: clock.clone(),
        });
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        for definition in crd::argo::all().into_iter().chain(crd::argo::routes()) {
            let made = cluster.create(&object(definition)).await;
            made.expect("the server takes it");
        }
        let secret = object(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "demo-secrets", "namespace": "default"}, "data": {"k": "dg=="}}));
        cluster.create(&secret).await.expect("the server takes it");
        for number in 0..count {
            let name = named(number).name;
            let mut template = template(0);
            template["metadata"]["labels"]["app"] = name.clone().into();
            // What is measured is work, not waiting for pods.
            template["metadata"]["annotations"] = json!({"sandbox.waxwing.dev/ready-after": "1s"});
            let made = object(
                json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template,
                    "strategy": {"canary": {}}}}),
            );
            cluster.create(&made).await.expect("the server takes it");
        }
        tokio::spawn(workload::run(cluster.clone(), clock.clone()));
        let asked = Asked::default();
        let noted = asked.clone();
        let noting = sandbox
            .service()
            .map_request(move |request: http::Request<_>| {
                noted.note(request.method().as_str(), request.uri().path());
                request
            });
        let of_loop = Cluster::new(Client::new(noting, "default"));
        let before = resident();
        tokio::spawn(async move {
            let ended = controller::rollout::run(&of_loop, &clock, None, pending()).await;
            ended.expect("the controller runs");
        });
        let (began, used) = (Instant::now(), processor());
        until_all_healthy(&cluster, count).await;
        eprintln!(
            "\n{count} Rollouts healthy after {:?}, {} hundredths of a second of processor time; the process grew by {} kB, pods and server included",
            began.elapsed(),
            processor().saturating_sub(used),
            resident().saturating_sub(before)
        );
        asked.tell(count);
        Self {
            cluster,
            asked,
            count,
        }
    }

    async fn change_all(self) {
        let always = Precondition::default();
        let used = processor();
        for number in 0..self.count {
            let container = json!([{"name": "main", "image": "demo:other"}]);
            let patch = json!({"spec": {"template": {"spec": {"containers": container}}}});
            let patched = self.cluster.patch(&named(number), &patch, &always).await;
            patched.expect("the server takes it");
        }
        until_all_healthy(&self.cluster, self.count).await;
        eprintln!(
            "{} Rollouts changed: {} hundredths of a second of processor time",
            self.count,
            processor().saturating_sub(used)
        );
        self.asked.tell(self.count);
    }
}

/// The image of many Rollouts is changed at once: until all are healthy, pods, server and controllers in one process.
/// What is said beside the times tells whether the work grows faster than their number.
#[divan::bench(args = [125, 250, 500, 1_000], sample_count = 1, sample_size = 1)]
fn rolls_out_images(bencher: Bencher, count: usize) {
    bencher
        .with_inputs(|| {
            let runtime = Runtime::new().expect("the machine gives threads");
            let prepared = runtime.block_on(Prepared::new(count));
            (runtime, prepared)
        })
        .bench_values(|(runtime, prepared)| {
            runtime.block_on(prepared.change_all());
            // Its loops must not run on beside the next one.
            runtime.shutdown_background();
        });
}
