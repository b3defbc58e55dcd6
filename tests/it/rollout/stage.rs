//! The stage: the embedded server, the real controllers, and a clock that goes on second by second.
//!
//! Tests run with tokio's own time paused: it goes on only when nothing can run any more, so that a short sleep is
//! over exactly when everything has come to rest.

use std::{future::pending, time::Duration};

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use waxwing::{
    api::{analysis, crd, rollout},
    clock::Clock,
    cluster::{Cluster, Selector},
    controller::{self, analysis_run, workload},
    object::{Gvk, Object, ObjectRef},
    plan::Precondition,
    sandbox::{Sandbox, SandboxOptions},
    web::Web,
};

use super::metrics::Metrics;
use crate::story::audited;

/// Where everything stands.
pub const NAMESPACE: &str = "shop";
/// The Rollout of most stories.
pub const NAME: &str = "demo";
/// Longer than anything takes to come to rest, in paused time.
const REST: Duration = Duration::from_millis(200);
/// A little more than whole seconds, for waits are over strictly after them.
const OFFSET: SignedDuration = SignedDuration::from_millis(2);

/// An embedded server with the controllers that a Rollout needs.
pub struct Stage {
    pub cluster: Cluster,
    /// The same server, as our controllers ask it.
    controllers: Cluster,
    pub clock: Clock,
    pub metrics: Metrics,
    began: Timestamp,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Stage {
    /// A server with all kinds, the namespace and nothing else, and the controllers on it.
    pub async fn new() -> Self {
        let start: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::stopped(start + OFFSET);
        let sandbox = Sandbox::new(SandboxOptions {
            clock: clock.clone(),
        });
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        let controllers = audited(sandbox.service());
        let mut stage = Self {
            cluster,
            controllers: Cluster::new(Client::new(controllers, "default")),
            clock,
            metrics: Metrics::default(),
            began: start,
            tasks: Vec::new(),
        };
        let kinds = crd::argo::all().into_iter().chain(crd::argo::routes());
        for definition in kinds {
            stage.create(definition).await;
        }
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        stage.create(namespace).await;
        stage.start();
        stage.rest().await;
        stage
    }

    fn start(&mut self) {
        let (cluster, clock) = (self.cluster.clone(), self.clock.clone());
        let workloads = tokio::spawn(workload::run(cluster, clock));
        let (cluster, clock) = (self.controllers.clone(), self.clock.clone());
        let rollouts = tokio::spawn(async move {
            controller::rollout::run(&cluster, &clock, None, pending())
                .await
                .unwrap();
        });
        let (cluster, clock) = (self.controllers.clone(), self.clock.clone());
        let web = Web::new().unwrap().with_inside(self.metrics.router());
        let runs = tokio::spawn(async move {
            let settings = analysis_run::Settings::default();
            analysis_run::run(&cluster, &clock, &web, settings, pending())
                .await
                .unwrap();
        });
        self.tasks.extend([workloads, rollouts, runs]);
    }

    /// Waits until nothing moves.
    pub async fn rest(&self) {
        tokio::time::sleep(REST).await;
    }

    /// Makes this instant second 0.
    pub fn begin(&mut self) {
        self.began = self.clock.now() - OFFSET;
        self.metrics.tell(0);
    }

    /// The second that it is.
    pub fn second(&self) -> i64 {
        self.clock.now().duration_since(self.began).as_secs()
    }

    /// The second of a stamped instant.
    pub fn second_of(&self, stamp: &str) -> i64 {
        let at: Timestamp = stamp.parse().unwrap();
        at.duration_since(self.began).as_secs()
    }

    /// Lets one second pass, and waits until all it brings is done.
    pub async fn tick(&self) {
        self.clock.advance(SignedDuration::from_secs(1));
        self.metrics.tell(self.second());
        self.rest().await;
    }

    /// Lets time pass up to a second.
    pub async fn go_to(&self, second: i64) {
        self.rest().await;
        while self.second() < second {
            self.tick().await;
        }
    }

    /// Lets time pass until the Rollout is in a phase and has been seen, at most so many seconds.
    pub async fn until_phase(&self, phase: &str, most: i64) -> Object {
        self.rest().await;
        for _ in 0..=most {
            let found = self.rollout().await;
            let observed = text(&found, &["status", "observedGeneration"]);
            let generation = found.generation().unwrap().to_string();
            if text(&found, &["status", "phase"]) == phase && observed == generation {
                return found;
            }
            self.tick().await;
        }
        panic!("never {phase}: {:?}", self.rollout().await.at(&["status"]));
    }

    pub async fn create(&self, value: Value) -> Object {
        let object = Object::from_value(value).unwrap();
        self.cluster.create(&object).await.unwrap()
    }

    pub async fn get(&self, target: &ObjectRef) -> Option<Object> {
        self.cluster.get(target).await.unwrap()
    }

    /// Changes an object as `kubectl patch --type merge` does.
    pub async fn patch(&self, target: &ObjectRef, patch: Value) {
        let always = Precondition::default();
        self.cluster.patch(target, &patch, &always).await.unwrap();
    }

    pub async fn delete(&self, target: &ObjectRef) {
        let always = Precondition::default();
        self.cluster.delete(target, &always).await.unwrap();
    }

    pub async fn list(&self, gvk: &Gvk) -> Vec<Object> {
        let all = Selector::default();
        let listed = self.cluster.list(gvk, Some(NAMESPACE), &all).await;
        listed.unwrap().objects
    }

    pub async fn rollout(&self) -> Object {
        self.get(&rollout_ref()).await.unwrap()
    }

    /// Changes the image of the Rollout.
    pub async fn image(&self, image: &str) {
        let path = ["spec", "template", "spec", "containers"];
        let mut containers = self.rollout().await.at(&path).unwrap().clone();
        containers[0]["image"] = image.into();
        let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
        self.patch(&rollout_ref(), patch).await;
    }

    /// What a user writes into the status.
    pub async fn user(&self, status: Value) {
        let mut found = self.rollout().await.to_value();
        for (name, value) in status.as_object().unwrap() {
            found["status"][name] = value.clone();
        }
        let object = Object::from_value(found).unwrap();
        self.cluster.replace_status(&object).await.unwrap();
    }

    /// Pods that the ReplicaSets of an image ask for.
    pub async fn pods_of(&self, image: &str) -> i64 {
        let sets = self.list(&Gvk::new("apps", "v1", "ReplicaSet")).await;
        let is_of = |set: &&Object| {
            let path = ["spec", "template", "spec", "containers"];
            set.at(&path).unwrap()[0]["image"] == image
        };
        let asked = sets.iter().filter(is_of);
        asked
            .map(|set| set.at(&["spec", "replicas"]).unwrap().as_i64().unwrap())
            .sum()
    }

    /// Reasons and messages of the events about the Rollout, each once, in the order of their making.
    pub async fn events(&self) -> Vec<(String, String)> {
        let mut events = self.list(&Gvk::new("", "v1", "Event")).await;
        events.retain(|event| text(event, &["involvedObject", "name"]) == NAME);
        let version = |event: &Object| event.resource_version().unwrap().parse::<u64>().unwrap();
        events.sort_by_key(version);
        events
            .iter()
            .map(|event| {
                (
                    text(event, &["reason"]).to_owned(),
                    text(event, &["message"]).to_owned(),
                )
            })
            .collect()
    }

    /// The AnalysisRuns, by their names.
    pub async fn runs(&self) -> Vec<Object> {
        self.list(&analysis::run_gvk()).await
    }
}

pub fn rollout_ref() -> ObjectRef {
    ObjectRef::new(rollout::gvk(), Some(NAMESPACE), NAME)
}

/// A text of an object, empty where there is none.
pub fn text<'a>(object: &'a Object, path: &[&str]) -> &'a str {
    object.at(path).and_then(Value::as_str).unwrap_or_default()
}

pub fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"ports": [{"port": 80}], "selector": {"app": NAME}}})
}

pub fn service_ref(name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "Service"), Some(NAMESPACE), name)
}

/// A Rollout of 10 pods that are ready 10 seconds after their start, by the strategy of a canary.
pub fn rollout(replicas: i64, canary: &Value) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": NAME}},
            "template": {
                "metadata": {"labels": {"app": NAME}, "annotations": {"sandbox.waxwing.dev/ready-after": "10s"}},
                "spec": {"containers": [{"name": "main", "image": "demo:1"}]}},
            "strategy": {"canary": canary}}})
}

/// Where the HTTPRoute of most stories stands.
pub fn route_ref() -> ObjectRef {
    let gvk = Gvk::new("gateway.networking.k8s.io", "v1", "HTTPRoute");
    ObjectRef::new(gvk, Some(NAMESPACE), "route")
}

/// The strategy of most stories: half the traffic for a minute, by an HTTPRoute.
pub fn half_for_a_minute() -> Value {
    json!({"canaryService": "canary", "stableService": "stable",
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "route"}}},
        "steps": [{"setWeight": 50}, {"pause": {"duration": "60s"}}]})
}

impl Stage {
    /// A stage with Services, an HTTPRoute and whatever else is given, but no Rollout.
    pub async fn with_route(others: Vec<Value>) -> Self {
        let stage = Self::new().await;
        for name in ["stable", "canary"] {
            stage.create(service(name)).await;
        }
        let backend = |name: &str, weight: i64| json!({"name": name, "port": 80, "weight": weight});
        stage
            .create(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                "metadata": {"name": "route", "namespace": NAMESPACE},
                "spec": {"rules": [{"backendRefs": [backend("stable", 100), backend("canary", 0)]}]}}))
            .await;
        for other in others {
            stage.create(other).await;
        }
        stage
    }

    /// A stage on which revision 1 of a Rollout of 4 pods is stable, at second 0.
    pub async fn stable(canary: &Value, others: Vec<Value>) -> Self {
        let mut stage = Self::with_route(others).await;
        stage.create(rollout(4, canary)).await;
        stage.until_phase("Healthy", 30).await;
        stage.go_to(60).await;
        stage.begin();
        stage
    }

    /// The weight that the HTTPRoute gives to the canary.
    pub async fn weight(&self) -> i64 {
        let route = self.get(&route_ref()).await.unwrap().to_value();
        let weight = route.pointer("/spec/rules/0/backendRefs/1/weight");
        weight.unwrap().as_i64().unwrap()
    }

    /// Phase and message.
    pub async fn told(&self) -> (String, String) {
        let found = self.rollout().await;
        let told = |name| text(&found, &["status", name]).to_owned();
        (told("phase"), told("message"))
    }

    /// Whether an event of a reason was written about the Rollout.
    pub async fn has_event(&self, reason: &str) -> bool {
        self.events().await.iter().any(|(found, _)| found == reason)
    }
}
