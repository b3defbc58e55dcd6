//! The stage of the stories about secrets as canaries: unsealer, Rollouts, workloads and the clock.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use waxwing::{
    api::{crd, rollout::HASH_LABEL},
    cluster::{Cluster, Selector},
    controller,
    object::{Gvk, Object, ObjectRef},
};

use super::world::{Running, World, items, sealed, sealed_ref, secret_ref, settings};

/// The most seconds that a story waits for one thing.
const MOST_SECONDS: usize = 600;

/// A world with everything on it that delivers a secret.
pub struct Stage {
    pub world: World,
    pub running: Running,
    /// How much of the machine's time goes by with each second: what a client waits for before it watches again is no
    /// matter of our clock.
    pub lag: Duration,
    tasks: Vec<JoinHandle<()>>,
}

/// The Rollouts of a second controller; ended when dropped.
pub struct Twin(JoinHandle<()>);

impl Drop for Twin {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Stage {
    pub async fn new() -> Self {
        let world = world().await;
        let cluster = world.controllers.clone();
        Self::on(world, cluster)
    }

    /// Everything on a world, through another way to its server.
    pub fn on(world: World, way: Cluster) -> Self {
        let mut settings = settings();
        settings.sealed.rollouts = true;
        Self::with(world, way, settings)
    }

    /// The same with settings.
    pub fn with(world: World, way: Cluster, settings: controller::Settings) -> Self {
        let running = world.run_through(way.clone(), settings);
        let clock = world.clock.clone();
        let workloads = tokio::spawn(world.workloads().run());
        let rollouts = tokio::spawn(async move {
            controller::rollout::run(&way, &clock, None, std::future::pending())
                .await
                .unwrap();
        });
        Self {
            world,
            running,
            lag: Duration::ZERO,
            tasks: vec![workloads, rollouts],
        }
    }

    /// The controllers once more on the same server, without the workloads.
    pub fn twin(&self) -> (Running, Twin) {
        let mut settings = settings();
        settings.sealed.rollouts = true;
        let running = self.world.run_with(settings);
        let (cluster, clock) = (self.world.controllers.clone(), self.world.clock.clone());
        let rollouts = tokio::spawn(async move {
            controller::rollout::run(&cluster, &clock, None, std::future::pending())
                .await
                .unwrap();
        });
        (running, Twin(rollouts))
    }

    /// Seals a value into `db`, opted in; the object is made or changed, as an applier does it.
    pub async fn seal(&self, value: &str) {
        self.apply(opted_in(sealed("db", &[("k", value)]))).await;
    }

    /// Makes an object, or changes it to be so.
    pub async fn apply(&self, wanted: Value) {
        let wanted = Object::from_value(wanted).unwrap();
        let target = wanted.reference();
        if self.world.cluster.get(&target).await.unwrap().is_none() {
            self.world.cluster.create(&wanted).await.unwrap();
            return;
        }
        let mut patch = wanted.to_value();
        patch["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("creationTimestamp");
        self.world.patch(&target, patch).await;
    }

    pub async fn get(&self, target: &ObjectRef) -> Option<Object> {
        self.world.cluster.get(target).await.unwrap()
    }

    pub async fn list(&self, group: &str, kind: &str) -> Vec<Object> {
        let gvk = Gvk::new(group, "v1", kind);
        let all = Selector::default();
        let listed = self.world.cluster.list(&gvk, Some("shop"), &all).await;
        listed.unwrap().objects
    }

    /// Lets everything that can happen without time happen.
    pub async fn calm(&self) {
        let mut last = String::new();
        let mut same = 0;
        while same < 4 {
            self.world.pace.idle().await;
            let now = self.world.version().await;
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
    }

    /// Lets time pass.
    pub async fn pass(&self, seconds: usize) {
        if self.world.sandbox.is_real() {
            // Calm takes longer than the time that is to pass.
            return self.world.pass(i64::try_from(seconds).unwrap()).await;
        }
        for _ in 0..seconds {
            self.world.pass(1).await;
            self.calm().await;
        }
    }

    /// Lets time pass, a second at a time, until something is so; says how many seconds it took. Where time goes by
    /// itself nothing is waited for in between: on a busy machine a pause would be over before anybody has looked.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) -> usize {
        // Where the machine's time goes by as well, a busy machine gets more of it.
        let most = if self.lag.is_zero() {
            MOST_SECONDS
        } else {
            8 * MOST_SECONDS
        };
        for second in 0..most {
            if !self.world.sandbox.is_real() {
                self.calm().await;
            }
            if is_so(self).await {
                return second;
            }
            tokio::time::sleep(self.lag).await;
            self.world.pass(1).await;
        }
        let sealed = self.get(&sealed_ref("db")).await;
        let status = sealed.and_then(|sealed| sealed.at(&["status"]).cloned());
        let rollout = self.get(&rollout_ref("web")).await;
        let rollout = rollout.and_then(|rollout| rollout.at(&["status"]).cloned());
        panic!(
            "never {what}: {status:#?} {rollout:#?} {:?}",
            self.versions().await
        );
    }

    /// Lets a few seconds pass in which things go on; nobody waits for calm where calls take time.
    pub async fn moments(&self, seconds: usize) {
        if self.world.sandbox.is_real() {
            self.world.pass(i64::try_from(seconds).unwrap()).await;
        } else {
            self.pass(seconds).await;
        }
    }

    /// Waits until a Rollout is in a phase at a revision.
    pub async fn rollout(&self, name: &str, phase: &str, revision: &str) -> usize {
        let what = format!("{name} {phase} at revision {revision}");
        self.until(&what, async |stage: &Self| {
            let found = stage.get(&rollout_ref(name)).await;
            found.is_some_and(|found| {
                found.at(&["status", "phase"]).and_then(Value::as_str) == Some(phase)
                    && found.annotation(waxwing::api::rollout::REVISION) == Some(revision)
                    && found
                        .at(&["status", "observedGeneration"])
                        .and_then(Value::as_str)
                        == found
                            .generation()
                            .map(|number| number.to_string())
                            .as_deref()
            })
        })
        .await
    }

    /// Whether a Rollout is Healthy as it is asked for now.
    pub async fn is_healthy(&self, name: &str) -> bool {
        let found = self.get(&rollout_ref(name)).await.unwrap();
        found.at(&["status", "phase"]).and_then(Value::as_str) == Some("Healthy")
            && found.at(&["status", "updatedReplicas"]) == found.at(&["spec", "replicas"])
    }

    /// Waits until the condition `Promoted` of a SealedSecret begins so.
    pub async fn condition(&self, name: &str, beginning: &str) -> usize {
        self.until(&format!("{name} {beginning}"), async |stage: &Self| {
            stage.promoted(name).await.starts_with(beginning)
        })
        .await
    }

    /// Reason and message of the condition `Promoted`.
    pub async fn promoted(&self, name: &str) -> String {
        let Some(sealed) = self.get(&sealed_ref(name)).await else {
            return String::new();
        };
        waxwing::version::said(&sealed).map_or(String::new(), |(reason, message)| {
            format!("{reason}: {message}")
        })
    }

    /// The versions of all secrets with their value, the promoted ones with a star.
    pub async fn versions(&self) -> Vec<String> {
        let mut found: Vec<String> = self
            .list("", "Secret")
            .await
            .iter()
            .filter(|secret| secret.label("waxwing.dev/version").is_some())
            .map(|secret| {
                let is_promoted = secret.label("waxwing.dev/promoted") == Some("true");
                let star = if is_promoted { "*" } else { "" };
                format!("{}={}{star}", secret.name(), value(secret))
            })
            .collect();
        found.sort();
        found
    }

    /// The value of a Secret.
    pub async fn value(&self, name: &str) -> String {
        self.get(&secret_ref(name))
            .await
            .as_ref()
            .map_or(String::new(), value)
    }

    /// What running pods of a Rollout read, as name of the Secret to number of pods.
    pub async fn readers(&self, name: &str) -> BTreeMap<String, usize> {
        let mut readers = BTreeMap::new();
        for pod in self.list("", "Pod").await {
            let is_leaving = pod.at(&["metadata", "deletionTimestamp"]).is_some();
            if pod.label("app") == Some(name) && pod.label(HASH_LABEL).is_some() && !is_leaving {
                for secret in waxwing::version::secrets(&pod.to_value(), "shop") {
                    *readers.entry(secret).or_default() += 1;
                }
            }
        }
        readers
    }

    /// The names of the ReplicaSets of a Rollout, with their revision.
    pub async fn revisions(&self, name: &str) -> Vec<u64> {
        let sets = self.list("apps", "ReplicaSet").await;
        let sets = sets.iter().filter(|set| set.label("app") == Some(name));
        let mut revisions: Vec<u64> = sets.map(waxwing::version::revision_number).collect();
        revisions.sort_unstable();
        revisions
    }

    /// Aborts an update, as `rollout abort` does.
    pub async fn abort(&self, name: &str) {
        self.status(name, json!({"abort": true})).await;
    }

    /// Tries again, as `rollout retry` does.
    pub async fn retry(&self, name: &str) {
        self.status(name, json!({"abort": false})).await;
    }

    /// Goes on at once to the end, as `rollout promote --full` does.
    pub async fn promote(&self, name: &str) {
        self.status(name, json!({"promoteFull": true})).await;
    }

    async fn status(&self, name: &str, change: Value) {
        loop {
            let mut found = self.get(&rollout_ref(name)).await.unwrap();
            for (field, value) in change.as_object().unwrap() {
                found.set(&["status", field], value.clone());
            }
            match self.world.cluster.replace_status(&found).await {
                Ok(_) => return,
                Err(error) => assert!(error.is_conflict(), "{error}"),
            }
        }
    }

    /// The uids of the pods of a Rollout.
    pub async fn pods(&self, name: &str) -> Vec<String> {
        let pods = self.list("", "Pod").await;
        let own = pods.iter().filter(|pod| {
            pod.label("app") == Some(name) && pod.at(&["metadata", "deletionTimestamp"]).is_none()
        });
        let mut uids: Vec<String> = own.filter_map(|pod| pod.uid().map(str::to_owned)).collect();
        uids.sort();
        uids
    }

    /// Waits until pods of a Rollout read these Secrets.
    pub async fn reads(&self, name: &str, pairs: &[(&str, usize)]) {
        let wanted = counts(pairs);
        self.until(&format!("{name} reads {pairs:?}"), async |stage: &Self| {
            stage.readers(name).await == wanted
        })
        .await;
    }

    /// A Rollout of two pods is Healthy on the first version of `db`, which holds `old`.
    pub async fn begun() -> Self {
        Self::begun_on(world().await).await
    }

    /// The same on a world.
    pub async fn begun_on(world: World) -> Self {
        let way = world.controllers.clone();
        let stage = Self::on(world, way);
        stage.seal("old").await;
        stage.apply(rollout("web", "i", &["db"])).await;
        stage.rollout("web", "Healthy", "1").await;
        stage
    }

    /// The same, and an update to the second version is aborted.
    pub async fn rejected() -> Self {
        let stage = Self::begun().await;
        stage.seal("bad").await;
        stage.rollout("web", "Paused", "2").await;
        stage.abort("web").await;
        stage.condition("db", "Rejected: version 2").await;
        stage
    }

    /// Deletes one pod that reads a Secret.
    pub async fn kill_reader(&self, secret: &str) {
        let pods = self.list("", "Pod").await;
        let reader = pods.iter().find(|pod| {
            let read = waxwing::version::secrets(&pod.to_value(), "shop");
            pod.at(&["metadata", "deletionTimestamp"]).is_none() && read.contains(secret)
        });
        self.world.delete(&reader.unwrap().reference()).await;
    }

    /// The reasons of the events about an object.
    pub async fn reasons(&self, about: &str) -> Vec<String> {
        let events = self.world.events(about).await;
        events.into_iter().map(|(reason, _)| reason).collect()
    }
}

/// How much faster than the machine's the time of these stories runs on a real control plane: pauses of theirs have to
/// be seen from outside on a busy machine.
const SPEED: u32 = 4;

/// A world with the kinds of Rollouts.
pub async fn world() -> World {
    let world = World::new().await.at_speed(SPEED);
    for definition in crd::argo::all().into_iter().chain(crd::argo::routes()) {
        world.create(definition).await;
    }
    world
}

/// A SealedSecret that asks to be delivered as versions.
pub fn opted_in(mut sealed: Value) -> Value {
    sealed["metadata"]["annotations"]["waxwing.dev/canary"] = "true".into();
    sealed
}

/// A Rollout of two pods that reads secrets, with a canary of half and a pause.
pub fn rollout(name: &str, image: &str, secrets: &[&str]) -> Value {
    let sources: Vec<Value> = secrets
        .iter()
        .map(|secret| json!({"secretRef": {"name": secret}}))
        .collect();
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": image, "envFrom": sources}]}},
            "strategy": {"canary": {"maxSurge": 1, "maxUnavailable": 0,
                "steps": [{"setWeight": 50}, {"pause": {"duration": "20s"}}]}}}})
}

pub fn rollout_ref(name: &str) -> ObjectRef {
    ObjectRef::new(waxwing::api::rollout::gvk(), Some("shop"), name)
}

fn value(secret: &Object) -> String {
    items(secret).get("k").cloned().unwrap_or_default()
}

/// Pairs as a map, for comparing what pods read.
pub fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}
