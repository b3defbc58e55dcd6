//! AnalysisRuns on the embedded server, second by second, against a Prometheus that is a router in the process.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use waxwing::{
    api::{analysis::run_gvk, crd},
    clock::Clock,
    cluster::{Cluster, Selector},
    controller::analysis_run,
    object::{Gvk, Object, ObjectRef},
    plan::Precondition,
    sandbox::{Sandbox, SandboxOptions},
    web::Web,
};

/// How often a test looks, a millisecond apart, before it gives up.
const MOST_LOOKS: usize = 20_000;

/// What the metrics server does at a second: the number that it gives, or nothing at all.
type Answers = fn(i64) -> Option<&'static str>;

#[derive(Clone)]
struct Server {
    clock: Clock,
    answers: Answers,
    asked: Arc<Mutex<Vec<i64>>>,
}

fn began() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

async fn query(State(server): State<Server>) -> axum::response::Response {
    let second = server.clock.now().as_second() - began().as_second();
    server.asked.lock().unwrap().push(second);
    match (server.answers)(second) {
        None => (StatusCode::SERVICE_UNAVAILABLE, "<html>planted</html>").into_response(),
        Some(number) => {
            let result = if number.is_empty() {
                json!([])
            } else {
                json!([{"metric": {}, "value": [0, number]}])
            };
            let data = json!({"resultType": "vector", "result": result});
            axum::Json(json!({"status": "success", "data": data})).into_response()
        }
    }
}

struct Stage {
    cluster: Cluster,
    clock: Clock,
    asked: Arc<Mutex<Vec<i64>>>,
    running: tokio::task::JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn target() -> ObjectRef {
    ObjectRef::new(run_gvk(), Some("default"), "run")
}

impl Stage {
    /// A run that begins at second 10.
    async fn new(spec: Value, answers: Answers) -> Self {
        let clock = Clock::stopped(began() + SignedDuration::from_secs(10));
        let sandbox = Sandbox::new(SandboxOptions {
            clock: clock.clone(),
        });
        let cluster = Cluster::new(kube::Client::new(sandbox.service(), "default"));
        let create = async |value: Value| {
            let object = Object::from_value(value).unwrap();
            cluster.create(&object).await.unwrap();
        };
        for definition in crd::argo::all() {
            create(definition).await;
        }
        create(
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
            "metadata": {"name": "run", "namespace": "default"}, "spec": spec}),
        )
        .await;
        let asked = Arc::default();
        let server = Server {
            clock: clock.clone(),
            answers,
            asked: Arc::clone(&asked),
        };
        let router = Router::new()
            .route("/api/v1/query", post(query))
            .with_state(server);
        let web = Web::new()
            .unwrap()
            .with_inside_at("prometheus.monitoring:9090", router);
        let service = super::audited(sandbox.service());
        let its_cluster = Cluster::new(kube::Client::new(service, "default"));
        let its_clock = clock.clone();
        let running = tokio::spawn(async move {
            let settings = analysis_run::Settings::default();
            let stop = std::future::pending();
            analysis_run::run(&its_cluster, &its_clock, &web, settings, stop)
                .await
                .unwrap();
        });
        Self {
            cluster,
            clock,
            asked,
            running,
        }
    }

    /// The run, once it is as wanted.
    async fn eventually(&self, wanted: impl Fn(Option<&Object>) -> bool) -> Option<Object> {
        for _ in 0..MOST_LOOKS {
            let found = self.cluster.get(&target()).await.unwrap();
            if wanted(found.as_ref()) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("never as wanted: {:?}", self.cluster.get(&target()).await);
    }

    /// Lets time pass up to a second; it waits at each instant until all measurements expected by then are noted.
    async fn until(&self, second: i64, expected: &[i64]) {
        loop {
            let now = self.clock.now().as_second() - began().as_second();
            let due = expected.iter().filter(|at| **at <= now).count();
            self.eventually(|run| run.map_or(0, measurements) == due)
                .await;
            if now >= second {
                assert_eq!(*self.asked.lock().unwrap(), expected);
                return;
            }
            self.clock.advance(SignedDuration::from_secs(5));
        }
    }

    async fn reasons(&self, expected: &[&str]) {
        let events = Gvk::new("", "v1", "Event");
        let mut reasons = Vec::new();
        for _ in 0..MOST_LOOKS {
            let listed = self.cluster.list(&events, None, &Selector::default()).await;
            let reason = |event: &Object| {
                let reason = event.at(&["reason"]).and_then(Value::as_str);
                reason.map(str::to_owned)
            };
            reasons = listed.unwrap().objects.iter().filter_map(reason).collect();
            reasons.sort();
            if reasons == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("events {reasons:?}, not {expected:?}");
    }
}

/// How many measurements the run has noted, those that failed included.
fn measurements(run: &Object) -> usize {
    let number = |field: &str| {
        let path = format!("/metricResults/0/{field}");
        status(run, &path).and_then(Value::as_u64).unwrap_or(0)
    };
    usize::try_from(number("count") + number("error")).unwrap()
}

fn is(run: Option<&Object>, phase: &str) -> bool {
    run.and_then(|run| status(run, "/phase")) == Some(&json!(phase))
}

fn spec(fields: Value) -> Value {
    let mut metric = json!({"name": "errors", "interval": "30s", "successCondition": "result[0] <= 0.25",
        "failureLimit": 3,
        "provider": {"prometheus": {"address": "http://prometheus.monitoring:9090", "query": "errors"}}});
    for (field, value) in fields.as_object().unwrap() {
        metric[field] = value.clone();
    }
    json!({"metrics": [metric]})
}

fn status<'a>(run: &'a Object, path: &str) -> Option<&'a Value> {
    run.at(&["status"])?.pointer(path)
}

#[tokio::test]
async fn a_prometheus_away_for_a_while_is_forgiven() {
    let stage = Stage::new(spec(json!({})), |second| {
        if (35..60).contains(&second) {
            None
        } else {
            Some("0.1")
        }
    })
    .await;
    stage.until(95, &[10, 40, 50, 60, 90]).await;
    let run = stage.eventually(|run| is(run, "Running")).await.unwrap();
    let result = status(&run, "/metricResults/0").unwrap();
    assert_eq!((&result["count"], &result["error"]), (&json!(3), &json!(2)));
    assert_eq!(result.get("consecutiveError"), None);
    assert_eq!(
        result["measurements"][1]["message"],
        "server_error: server error: 503"
    );
    assert!(!run.to_value().to_string().contains("planted"));
}

#[tokio::test]
async fn errors_on_end_fail_the_run_and_the_server_shows_it() {
    let stage = Stage::new(spec(json!({})), |_| None).await;
    stage.until(50, &[10, 20, 30, 40, 50]).await;
    let run = stage.eventually(|run| is(run, "Error")).await.unwrap();
    assert_eq!(
        status(&run, "/completedAt"),
        Some(&json!("2030-01-01T00:00:50Z"))
    );
    stage.reasons(&["AnalysisRunError", "MetricError"]).await;
}

#[tokio::test]
async fn four_failures_fail_it_and_its_time_ends_it() {
    let mut spec = spec(json!({}));
    spec["ttlStrategy"] = json!({"secondsAfterFailure": 20});
    let stage = Stage::new(spec, |_| Some("1")).await;
    let expected = [10, 40, 70, 100];
    stage.until(100, &expected).await;
    let run = stage.eventually(|run| is(run, "Failed")).await.unwrap();
    assert_eq!(
        status(&run, "/message"),
        Some(&json!(
            "Metric \"errors\" assessed Failed due to failed (4) > failureLimit (3)"
        ))
    );
    stage.until(120, &expected).await;
    stage.clock.advance(SignedDuration::from_secs(1));
    stage.eventually(|run| run.is_none()).await;
}

#[tokio::test]
async fn a_run_told_to_end_ends_successfully_and_says_that_it_saw_nothing() {
    let guarded = json!({"successCondition": "len(result) == 0 || result[0] <= 0.25"});
    let stage = Stage::new(spec(guarded), |_| Some("")).await;
    stage.until(75, &[10, 40, 70]).await;
    stage.reasons(&["AnalysisNoData"]).await;
    let patch = json!({"spec": {"terminate": true}});
    stage
        .cluster
        .patch(&target(), &patch, &Precondition::default())
        .await
        .unwrap();
    let run = stage.eventually(|run| is(run, "Successful")).await.unwrap();
    assert_eq!(status(&run, "/message"), Some(&json!("Run Terminated")));
    assert_eq!(
        status(&run, "/metricResults/0/metadata/AnalysisNoData"),
        Some(&json!("true"))
    );
}
