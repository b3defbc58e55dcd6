//! A Deployment lives on the sandbox: it starts, is served, is rolled, waits for a Secret, is scaled, and goes.

use std::{collections::BTreeMap, future::Future, pin::pin};

use futures::StreamExt;
use serde_json::{Value, json};
use waxwing::{
    clock::Clock,
    cluster::{Cluster, LiveEvent, Selector, Watch},
    controller::workload::{Readings, Workloads},
    object::{Gvk, Object, ObjectRef, pod_template::SourceKind},
    plan::Precondition,
    workload::pod::SourceKey,
};

use super::{
    pace::{Pace, a_while},
    plane::Company,
    server::{Server, sandbox_only},
};

pub struct Story {
    pub cluster: Cluster,
    pub clock: Clock,
    pub sandbox: Server,
    pub pace: Pace,
    readings: Readings,
    workloads: tokio::task::JoinHandle<()>,
}

impl Drop for Story {
    fn drop(&mut self) {
        self.workloads.abort();
    }
}

impl Story {
    pub async fn begin() -> Self {
        Self::begin_in(Company::Any).await
    }

    /// Begins where no node of another story is, which a real control plane would count as well.
    pub async fn begin_alone() -> Self {
        Self::begin_in(Company::None).await
    }

    async fn begin_in(company: Company) -> Self {
        let (sandbox, pace) = Server::start(company).await;
        let cluster = Cluster::new(kube::Client::new(sandbox.service(), "default"));
        let clock = pace.clock().clone();
        let workloads = Workloads::playing(sandbox.role(), cluster.clone(), clock.clone());
        Self {
            cluster,
            clock,
            sandbox,
            pace,
            readings: workloads.readings(),
            workloads: tokio::spawn(workloads.run()),
        }
    }

    pub async fn create(&self, value: Value) -> Object {
        let object = Object::from_value(value).unwrap();
        self.cluster.create(&object).await.unwrap()
    }

    pub async fn patch(&self, target: &ObjectRef, patch: Value) {
        self.cluster
            .patch(target, &patch, &Precondition::default())
            .await
            .unwrap();
    }

    /// Watches a kind until all of it together is as wanted; each state on the way is shown to `on_the_way`.
    pub async fn watched(
        &self,
        gvk: Gvk,
        on_the_way: impl Fn(&[&Object]),
        wanted: impl Fn(&[&Object]) -> bool,
    ) -> Vec<Object> {
        let mut events = pin!(self.cluster.watch(&Watch::all(gvk)).unwrap());
        let mut known: BTreeMap<String, Object> = BTreeMap::new();
        let mut is_listed = false;
        let search = async {
            loop {
                match events.next().await.unwrap().unwrap() {
                    LiveEvent::Apply(live) | LiveEvent::InitApply(live) => {
                        let object = live.object().as_ref().clone();
                        known.insert(object.name().to_owned(), object);
                    }
                    LiveEvent::Delete(live) => {
                        known.remove(live.object().name());
                    }
                    LiveEvent::Init => known.clear(),
                    LiveEvent::InitDone => is_listed = true,
                }
                if is_listed {
                    let all: Vec<&Object> = known.values().collect();
                    on_the_way(&all);
                    if wanted(&all) {
                        return;
                    }
                }
            }
        };
        let outcome = tokio::time::timeout(self.pace.patience(), search).await;
        assert!(outcome.is_ok(), "never as wanted: {known:#?}");
        known.into_values().collect()
    }

    /// The version of every object that the workload controllers write.
    async fn versions(&self) -> BTreeMap<String, Option<String>> {
        let mut versions = BTreeMap::new();
        let services = Gvk::new("", "v1", "Service");
        let sets = Gvk::new("apps", "v1", "ReplicaSet");
        for gvk in [deployments(), sets, pods(), slices(), services] {
            let listed = self
                .cluster
                .list(&gvk, None, &Selector::default())
                .await
                .unwrap();
            for object in listed.objects {
                let version = object.resource_version().map(str::to_owned);
                versions.insert(object.reference().to_string(), version);
            }
        }
        versions
    }

    pub async fn until(&self, gvk: Gvk, wanted: impl Fn(&[&Object]) -> bool) -> Vec<Object> {
        self.watched(gvk, |_| {}, wanted).await
    }

    /// Lets time pass until a future is done.
    pub async fn with_time<T>(&self, future: impl Future<Output = T>) -> T {
        self.pace.with_time(future).await
    }
}

pub fn deployments() -> Gvk {
    Gvk::new("apps", "v1", "Deployment")
}

pub fn pods() -> Gvk {
    Gvk::new("", "v1", "Pod")
}

fn slices() -> Gvk {
    Gvk::new("discovery.k8s.io", "v1", "EndpointSlice")
}

pub fn web() -> ObjectRef {
    ObjectRef::new(deployments(), Some("default"), "web")
}

pub fn deployment(replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
    })
}

pub fn count(object: &Object, name: &str) -> i64 {
    object
        .at(&["status", name])
        .and_then(Value::as_i64)
        .unwrap_or(0)
}

pub fn condition<'a>(object: &'a Object, kind: &str) -> Option<&'a Value> {
    object
        .at(&["status", "conditions"])?
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == kind)
}

pub fn is_ready(pod: &Object) -> bool {
    condition(pod, "Ready").is_some_and(|ready| ready["status"] == "True")
}

pub fn is_deleting(object: &Object) -> bool {
    object.at(&["metadata", "deletionTimestamp"]).is_some()
}

/// As `kubectl rollout status` judges it.
fn is_rolled_out(deployment: &Object) -> bool {
    let wanted = deployment
        .at(&["spec", "replicas"])
        .and_then(Value::as_i64)
        .unwrap_or(1);
    deployment
        .at(&["status", "observedGeneration"])
        .and_then(Value::as_i64)
        >= deployment.generation()
        && count(deployment, "updatedReplicas") == wanted
        && count(deployment, "replicas") == wanted
        && count(deployment, "availableReplicas") == wanted
}

fn ready_endpoints(slices: &[&Object]) -> usize {
    slices
        .iter()
        .filter_map(|slice| slice.at(&["endpoints"])?.as_array())
        .flatten()
        .filter(|endpoint| endpoint["conditions"]["ready"] == true)
        .count()
}

#[tokio::test]
async fn pods_are_ready_after_ten_seconds_and_not_before() {
    // Exact to the second, which only a stopped clock is.
    sandbox_only!();
    let story = Story::begin().await;
    story.create(deployment(3)).await;
    let running = story
        .until(pods(), |pods| {
            pods.len() == 3
                && pods
                    .iter()
                    .all(|pod| pod.at(&["status", "phase"]) == Some(&json!("Running")))
        })
        .await;
    assert!(running.iter().all(|pod| !is_ready(pod)));
    story.pace.pass(9).await;
    a_while().await;
    story
        .until(pods(), |pods| pods.iter().all(|pod| !is_ready(pod)))
        .await;
    story.pace.pass(1).await;
    story
        .until(pods(), |pods| pods.iter().all(|pod| is_ready(pod)))
        .await;
}

#[tokio::test]
async fn pods_that_are_ready_are_served() {
    let story = Story::begin().await;
    story
        .create(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}))
        .await;
    story.create(deployment(3)).await;
    let done = story
        .with_time(story.until(deployments(), |all| all.iter().any(|d| is_rolled_out(d))))
        .await;
    let available = condition(&done[0], "Available").unwrap();
    assert_eq!(available["reason"], "MinimumReplicasAvailable");
    let slices = story
        .until(slices(), |slices| ready_endpoints(slices) == 3)
        .await;
    let addresses: std::collections::BTreeSet<&str> = slices[0]
        .at(&["endpoints"])
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|endpoint| endpoint["addresses"][0].as_str().unwrap())
        .collect();
    assert_eq!(addresses.len(), 3);
    assert_eq!(slices[0].at(&["ports", "0"]), None);
    assert_eq!(slices[0].at(&["ports"]).unwrap()[0]["port"], 8080);
    let service = story
        .cluster
        .get(&ObjectRef::new(
            Gvk::new("", "v1", "Service"),
            Some("default"),
            "web",
        ))
        .await
        .unwrap()
        .unwrap();
    assert!(
        service
            .at(&["spec", "clusterIP"])
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("10.")
    );
}

#[tokio::test]
async fn a_new_image_rolls_and_the_service_never_starves() {
    let story = Story::begin().await;
    story.create(deployment(4)).await;
    story
        .with_time(story.until(deployments(), |all| all.iter().any(|d| is_rolled_out(d))))
        .await;
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}});
    story.patch(&web(), image).await;
    let served = |pods: &[&Object]| {
        let ready = pods
            .iter()
            .filter(|pod| is_ready(pod) && !is_deleting(pod))
            .count();
        assert!(ready >= 3, "only {ready} of 4 are served");
    };
    // The bound is one of what is wanted: each ReplicaSet is brought to it in a time of its own.
    let bounded = |sets: &[&Object]| {
        let wanted: i64 = sets
            .iter()
            .map(|set| set.at(&["spec", "replicas"]).unwrap().as_i64().unwrap())
            .sum();
        assert!(wanted <= 5, "{wanted} pods wanted for 4");
    };
    let is_new = |pod: &&Object| pod.at(&["spec", "containers"]).unwrap()[0]["image"] == "web:2";
    let sets = Gvk::new("apps", "v1", "ReplicaSet");
    let replaced = story.watched(pods(), served, |pods| {
        pods.len() == 4 && pods.iter().all(|pod| is_new(pod) && is_ready(pod))
    });
    let scaled = story.watched(sets.clone(), bounded, |sets| {
        let has = |place: &[&str], number: i64| {
            sets.iter().any(|set| set.at(place) == Some(&json!(number)))
        };
        has(&["spec", "replicas"], 0) && has(&["status", "readyReplicas"], 4)
    });
    story
        .with_time(async { tokio::join!(replaced, scaled) })
        .await;
    let done = story
        .until(deployments(), |all| all.iter().any(|d| is_rolled_out(d)))
        .await;
    assert_eq!(
        done[0].annotation("deployment.kubernetes.io/revision"),
        Some("2")
    );
    let sets = story.until(sets, |sets| sets.len() == 2).await;
    let mut sizes: Vec<i64> = sets
        .iter()
        .map(|set| set.at(&["spec", "replicas"]).unwrap().as_i64().unwrap())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 4]);
}

#[tokio::test]
async fn scaled_to_nothing_and_deleted_leaves_nothing() {
    let story = Story::begin().await;
    story.create(deployment(2)).await;
    story
        .with_time(story.until(deployments(), |all| all.iter().any(|d| is_rolled_out(d))))
        .await;
    story.patch(&web(), json!({"spec": {"replicas": 0}})).await;
    story
        .with_time(story.until(pods(), |pods| pods.is_empty()))
        .await;
    story
        .until(deployments(), |all| all.iter().any(|d| is_rolled_out(d)))
        .await;
    story.patch(&web(), json!({"spec": {"replicas": 2}})).await;
    story
        .with_time(story.until(pods(), |pods| {
            pods.len() == 2 && pods.iter().all(|pod| is_ready(pod))
        }))
        .await;
    story
        .cluster
        .delete(&web(), &Precondition::default())
        .await
        .unwrap();
    story
        .with_time(story.until(pods(), |pods| pods.is_empty()))
        .await;
    story
        .until(Gvk::new("apps", "v1", "ReplicaSet"), |sets| sets.is_empty())
        .await;
}

#[tokio::test]
async fn a_missing_secret_is_waited_for_and_read_at_the_start() {
    let story = Story::begin().await;
    let mut waiting = deployment(1);
    waiting["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]);
    story.create(waiting).await;
    let stuck = story
        .until(pods(), |pods| {
            pods.iter().any(|pod| {
                pod.at(&["status", "containerStatuses"]).is_some_and(|all| {
                    all[0]["state"]["waiting"]["reason"] == "CreateContainerConfigError"
                })
            })
        })
        .await;
    let waiting = &stuck[0].at(&["status", "containerStatuses"]).unwrap()[0]["state"]["waiting"];
    assert_eq!(waiting["message"], "secret \"db\" not found");
    let secret = story
        .create(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "default"},
            "data": {"password": "cGxhbnRlZA=="}}))
        .await;
    let pods = story
        .with_time(story.until(pods(), |pods| pods.iter().any(|pod| is_ready(pod))))
        .await;
    let reading = story.readings.of(pods[0].uid().unwrap());
    let source = SourceKey {
        kind: SourceKind::Secret,
        name: "db".into(),
    };
    assert_eq!(
        reading.environment_version("web", &source),
        secret.resource_version()
    );
    assert!(!format!("{reading:?}{pods:?}").contains("cGxhbnRlZA"));
}

#[tokio::test]
async fn beginning_again_changes_nothing() {
    let mut story = Story::begin().await;
    story
        .create(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}))
        .await;
    story.create(deployment(3)).await;
    story
        .with_time(story.until(slices(), |slices| ready_endpoints(slices) == 3))
        .await;
    story
        .with_time(story.until(deployments(), |all| all.iter().any(|d| is_rolled_out(d))))
        .await;
    let before = story.versions().await;
    story.workloads.abort();
    let again = Workloads::playing(
        story.sandbox.role(),
        story.cluster.clone(),
        story.clock.clone(),
    );
    story.workloads = tokio::spawn(again.run());
    for _ in 0..50 {
        a_while().await;
    }
    assert_eq!(story.versions().await, before);
}

#[tokio::test]
async fn a_hundred_pods_start_together() {
    const MANY: usize = 100;
    let story = Story::begin().await;
    story.create(deployment(i64::try_from(MANY).unwrap())).await;
    story
        .with_time(story.until(deployments(), |all| all.iter().any(|d| is_rolled_out(d))))
        .await;
    let pods = story.until(pods(), |pods| pods.len() == MANY).await;
    let addresses: std::collections::BTreeSet<_> = pods
        .iter()
        .map(|pod| pod.at(&["status", "podIP"]).unwrap().as_str().unwrap())
        .collect();
    assert_eq!(addresses.len(), MANY);
}
