//! Traffic reaches pods by the weights of a route, and the scenario's queries say what became of it.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower::ServiceExt;
use waxwing::{
    api::{base64, crd},
    clock::Clock,
    cluster::Cluster,
    controller::{
        simulation::Simulation,
        workload::{Role, Workloads},
    },
    object::{Gvk, Object, ObjectRef},
    plan::Precondition,
    sandbox::{Sandbox, SandboxOptions},
    secret::Hidden,
    simulation::Options,
    workload::pod::{DATABASE, Database},
};

const NAMESPACE: &str = "backstage";
const CANARY: &str = "backstage-backstage-canary-(http-)?80";

fn error_rate() -> String {
    format!(
        "sum(rate(traefik_service_requests_total{{service=~\"{CANARY}.*\",code=~\"5..\"}}[2m]))\n/\n\
         sum(rate(traefik_service_requests_total{{service=~\"{CANARY}.*\"}}[2m]))\n"
    )
}

fn p95() -> String {
    format!(
        "histogram_quantile(0.95,\n  sum(rate(traefik_service_request_duration_seconds_bucket{{service=~\"{CANARY}.*\"}}[2m])) by (le))\n"
    )
}

const RESTARTS: &str = "sum(increase(kube_pod_container_status_restarts_total{namespace=\"backstage\",pod=~\"backstage-.*\"}[2m]))\n";

struct Story {
    cluster: Cluster,
    clock: Clock,
    began: Timestamp,
    simulation: Simulation,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Story {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Story {
    /// Services for stable and canary, a route between them, and pods that read a password.
    async fn begin() -> Self {
        let began = "2030-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::stopped(began);
        let sandbox = Sandbox::new(SandboxOptions {
            clock: clock.clone(),
        });
        let cluster = Cluster::new(kube::Client::new(sandbox.service(), "default"));
        let mut story = Self {
            simulation: Simulation::new(&clock, &Options::default()),
            cluster,
            clock,
            began,
            tasks: Vec::new(),
        };
        for definition in crd::argo::routes() {
            story.create(definition).await;
        }
        story
            .create(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}),
            )
            .await;
        for (name, hash) in [("backstage", "stable"), ("backstage-canary", "canary")] {
            story
                .create(json!({"apiVersion": "v1", "kind": "Service",
                    "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 7007}],
                        "selector": {"app": "backstage", "hash": hash}}}))
                .await;
        }
        story
            .create(
                json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                "metadata": {"name": "backstage", "namespace": NAMESPACE},
                "spec": {"rules": [{"backendRefs": [
                    {"name": "backstage", "port": 80, "weight": 100},
                    {"name": "backstage-canary", "port": 80, "weight": 0}]}]}}),
            )
            .await;
        story.secret("first", "first-good-password").await;
        story.simulation.surround(|around| {
            around.databases.push(Database {
                host: "postgres.backstage".into(),
                variable: "POSTGRES_PASSWORD".into(),
                accepts: vec![Hidden::new("first-good-password".into())],
            });
        });
        story.start();
        for name in ["backstage-a", "backstage-b", "backstage-c"] {
            story.pod(name, "stable", "first", json!({})).await;
        }
        story
    }

    /// Starts the workloads and the simulation.
    fn start(&mut self) {
        let workloads = Workloads::playing(Role::Cluster, self.cluster.clone(), self.clock.clone())
            .amid(self.simulation.surroundings());
        let readings = workloads.readings();
        self.tasks.push(tokio::spawn(workloads.run()));
        let (simulation, cluster) = (self.simulation.clone(), self.cluster.clone());
        self.tasks.push(tokio::spawn(async move {
            simulation.run(&cluster, readings).await.unwrap();
        }));
    }

    async fn create(&self, value: Value) {
        let object = Object::from_value(value).unwrap();
        self.cluster.create(&object).await.unwrap();
    }

    async fn secret(&self, name: &str, password: &str) {
        let encode = |text: &str| base64::encode(text.as_bytes());
        self.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "data": {"POSTGRES_HOST": encode("postgres.backstage"), "POSTGRES_PASSWORD": encode(password)}}))
        .await;
    }

    async fn pod(&self, name: &str, hash: &str, secret: &str, annotations: Value) {
        self.create(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": NAMESPACE, "annotations": annotations,
                "labels": {"app": "backstage", "hash": hash, "pod-template-hash": hash}},
            "spec": {"containers": [{"name": "backstage", "image": "backstage:1",
                "envFrom": [{"secretRef": {"name": secret}}]}]}}))
            .await;
    }

    async fn patch(&self, kind: &str, name: &str, patch: Value) {
        let gvk = match kind {
            "HTTPRoute" => Gvk::new("gateway.networking.k8s.io", "v1", kind),
            _ => Gvk::new("", "v1", kind),
        };
        let target = ObjectRef::new(gvk, Some(NAMESPACE), name);
        let always = Precondition::default();
        self.cluster.patch(&target, &patch, &always).await.unwrap();
    }

    async fn weigh(&self, canary: u64) {
        let patch = json!({"spec": {"rules": [{"backendRefs": [
            {"name": "backstage", "port": 80, "weight": 100 - canary},
            {"name": "backstage-canary", "port": 80, "weight": canary}]}]}});
        self.patch("HTTPRoute", "backstage", patch).await;
        self.settle().await;
    }

    /// Gives the loops the time to see what has changed.
    async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(4)).await;
    }

    /// Lets time pass up to so many seconds after the beginning.
    async fn until(&self, seconds: i64) {
        self.settle().await;
        while self.seconds() < seconds {
            self.clock.advance(SignedDuration::from_secs(1));
            self.settle().await;
        }
    }

    fn seconds(&self) -> i64 {
        self.clock.now().duration_since(self.began).as_secs()
    }

    async fn ask(&self, method: Method, uri: String, body: String) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let answer = self.simulation.router().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20)
            .await
            .unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// The one value that a query gives now, as analysis asks for it; none for an empty answer.
    async fn value(&self, query: &str) -> Option<f64> {
        let query = encoded(query);
        let (status, answer) = self
            .ask(
                Method::POST,
                "/api/v1/query".into(),
                format!("query={query}"),
            )
            .await;
        assert_eq!((status, &answer["status"]), (200, &json!("success")));
        let result = answer["data"]["result"].as_array().unwrap();
        assert!(result.len() <= 1, "{answer}");
        let value = result.first()?["value"][1].as_str().unwrap();
        Some(value.parse().unwrap())
    }
}

impl Story {
    /// The one value of a query, but for the last digits.
    async fn near(&self, query: &str, wanted: f64) {
        let value = self.value(query).await.unwrap();
        assert!(
            (value - wanted).abs() < 1e-9,
            "{query}: {value}, not {wanted}"
        );
    }
}

/// Percent-encodes all but letters and digits.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[tokio::test]
async fn a_wrong_password_makes_errors_on_the_canary_only() {
    let story = Story::begin().await;
    story.until(100).await;
    // All is well, and nothing goes to the canary: no series of it.
    assert_eq!(story.value(&error_rate()).await, None);
    assert_eq!(story.value(&p95()).await, None);
    assert_eq!(story.value(RESTARTS).await, Some(0.0));
    let all = "sum(rate(traefik_service_requests_total[1m]))";
    story.near(all, 20.0).await;

    story.secret("second", "wrong-password").await;
    story
        .pod("backstage-d", "canary", "second", json!({}))
        .await;
    story.until(110).await;
    story.weigh(20).await;
    // The first measurement sees no series yet.
    assert_eq!(story.value(&error_rate()).await, None);
    story.until(140).await;
    assert_eq!(story.value(&error_rate()).await, Some(1.0));
    let errors = "sum(rate(traefik_service_requests_total{code=~\"5..\"}[1m])) by (service)";
    // Samples at 120 s (40) and 135 s (100): half a step before them and the 5 s after are added, of 60 s.
    story
        .near(errors, 60.0 * (15.0 + 7.5 + 5.0) / 15.0 / 60.0)
        .await;
    story.near(&p95(), 0.095).await;
    let picture = story.simulation.picture();
    let canary = &picture.versions[&(NAMESPACE.to_owned(), "canary".to_owned())];
    assert_eq!((canary.requests, canary.errors), (4.0, 4.0));
    // The share of the whole Service is that of the weight.
    let share = "sum(rate(traefik_service_requests_total{code=~\"5..\"}[30s])) / sum(rate(traefik_service_requests_total[30s]))";
    story.until(160).await;
    story.near(share, 0.2).await;

    // The database takes the other password too: the same pods recover without a restart.
    story.simulation.surround(|around| {
        let taken = Hidden::new("wrong-password".into());
        around.databases[0].accepts.push(taken);
    });
    story.until(220).await;
    let errors = "sum(rate(traefik_service_requests_total{code=~\"5..\"}[30s])) or vector(-1)";
    assert_eq!(story.value(errors).await, Some(0.0));
}

#[tokio::test]
async fn a_container_keeps_what_it_was_started_with() {
    let story = Story::begin().await;
    story.until(20).await;
    let data = json!({"data": {"POSTGRES_PASSWORD": base64::encode(b"changed")}});
    story.patch("Secret", "first", data).await;
    story.until(60).await;
    let errors = "sum(traefik_service_requests_total{code=~\"5..\"})";
    assert_eq!(story.value(errors).await, None);
    // One that is started now reads the new value.
    story.pod("backstage-d", "stable", "first", json!({})).await;
    story.until(120).await;
    let share = "sum(rate(traefik_service_requests_total{code=~\"5..\"}[30s])) / sum(rate(traefik_service_requests_total[30s]))";
    story.near(share, 0.25).await;
}

#[tokio::test]
async fn an_application_may_crash_or_stay_unready_for_a_wrong_password() {
    let story = Story::begin().await;
    story.secret("second", "wrong-password").await;
    let by = |how: &str| json!({"sandbox.waxwing.dev/fails-by": how});
    story
        .pod("backstage-d", "canary", "second", by("not-ready"))
        .await;
    story
        .pod("backstage-e", "canary", "second", by("crash"))
        .await;
    story.until(120).await;
    let ready = "sum(kube_pod_status_ready{condition=\"true\"})";
    assert_eq!(story.value(ready).await, Some(3.0));
    let restarts = story.value(RESTARTS).await.unwrap();
    assert!(restarts >= 2.0, "{restarts}");
    story
        .create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "database", "namespace": "default", "labels": {DATABASE: ""}},
            "data": {"variable": base64::encode(b"OTHER"), "accepts": base64::encode(b"x")}}))
        .await;
    story.simulation.surround(|around| around.databases.clear());
    story.until(125).await;
    story.until(135).await;
    assert_eq!(story.value(ready).await, Some(4.0));
}

#[tokio::test]
async fn the_api_answers_as_prometheus_does() {
    let story = Story::begin().await;
    story.until(60).await;
    let get = async |uri: &str| story.ask(Method::GET, uri.to_owned(), String::new()).await;
    let (status, answer) =
        get("/api/v1/query?query=up%7Bjob%3D%22traefik%22%7D&time=1893456045.5").await;
    assert_eq!(status, 200);
    assert_eq!(
        answer,
        json!({"status": "success", "data": {"resultType": "vector", "result": [{
            "metric": {"__name__": "up", "instance": "traefik.traefik:9100", "job": "traefik"},
            "value": [1_893_456_045.5, "1"]}]}})
    );
    let (status, answer) = story
        .ask(
            Method::POST,
            "/api/v1/query_range".into(),
            "query=sum(up)&start=2030-01-01T00:00:15Z&end=1893456045&step=15s".into(),
        )
        .await;
    assert_eq!(status, 200);
    let values = json!([
        [1_893_456_015, "2"],
        [1_893_456_030, "2"],
        [1_893_456_045, "2"]
    ]);
    assert_eq!(
        answer["data"]["result"],
        json!([{"metric": {}, "values": values}])
    );
    for (uri, status, kind) in [
        ("/api/v1/query?query=sum(", 400, "bad_data"),
        ("/api/v1/query", 400, "bad_data"),
        ("/api/v1/query?query=up&time=soon", 400, "bad_data"),
        (
            "/api/v1/query_range?query=up&start=0&end=1&step=0",
            400,
            "bad_data",
        ),
        (
            "/api/v1/query_range?query=up&start=0&end=1&step=x",
            400,
            "bad_data",
        ),
        (
            "/api/v1/query?query=label_replace(up,%22%22,%22%22,%22%22,%22%22)",
            422,
            "execution",
        ),
    ] {
        let (found, answer) = get(uri).await;
        assert_eq!(
            (found, answer["errorType"].as_str()),
            (status, Some(kind)),
            "{uri} {answer}"
        );
        assert_eq!(answer["status"], "error");
    }
    let (_, answer) = get("/api/v1/label/__name__/values").await;
    let names = answer["data"].as_array().unwrap();
    assert!(
        names.contains(&json!("traefik_service_requests_total")),
        "{answer}"
    );
}
