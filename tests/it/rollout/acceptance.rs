//! The acceptance table: a canary by 20, 50 and 80 percent with analysis beside it, second by second.

use serde_json::{Value, json};
use waxwing::object::{Gvk, ObjectRef};

use super::{
    metrics::Answer,
    stage::{NAMESPACE, Stage, rollout, service, service_ref, text},
};

/// What is seen of a Rollout: second, step, weight, canary pods, stable pods.
pub type Row = (i64, Option<u64>, i64, i64, i64);

/// Error rate, p95 latency, restarts, each every 30 seconds.
fn template() -> Value {
    let metric = |name: &str, condition: &str, limit: i64| {
        json!({"name": name, "interval": "30s", "successCondition": condition, "failureLimit": limit,
            "provider": {"prometheus": {"address": "http://prometheus.monitoring.svc:9090", "query": name}}})
    };
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
        "metadata": {"name": "check", "namespace": NAMESPACE},
        "spec": {"metrics": [
            metric("error-rate", "result[0] <= 0.25", 3),
            metric("p95-latency", "result[0] <= 5", 0),
            metric("pod-restarts", "result[0] < 2", 2)]}})
}

fn strategy(routed: bool) -> Value {
    let mut canary = json!({
        "canaryService": "canary", "stableService": "stable",
        "analysis": {"templates": [{"templateName": "check"}], "startingStep": 1},
        "steps": [{"setWeight": 20}, {"pause": {"duration": "60s"}}, {"setWeight": 50},
            {"pause": {"duration": "60s"}}, {"setWeight": 80}, {"pause": {"duration": "30s"}}]});
    if routed {
        canary["trafficRouting"] = json!({"traefik": {"weightedTraefikServiceName": "split"}});
    }
    canary
}

fn split_ref() -> ObjectRef {
    let gvk = Gvk::new("traefik.io", "v1alpha1", "TraefikService");
    ObjectRef::new(gvk, Some(NAMESPACE), "split")
}

/// A stage on which revision 1 is stable with 10 pods, at second 0.
pub async fn stable(routed: bool) -> Stage {
    let mut stage = Stage::new().await;
    for name in ["stable", "canary"] {
        stage.create(service(name)).await;
    }
    let weighted = |name: &str, weight: i64| json!({"name": name, "port": 80, "weight": weight});
    stage
        .create(
            json!({"apiVersion": "traefik.io/v1alpha1", "kind": "TraefikService",
            "metadata": {"name": "split", "namespace": NAMESPACE},
            "spec": {"weighted": {"services": [weighted("stable", 100), weighted("canary", 0)]}}}),
        )
        .await;
    stage.create(template()).await;
    stage.create(rollout(10, &strategy(routed))).await;
    stage.until_phase("Healthy", 30).await;
    stage.go_to(60).await;
    stage.begin();
    stage
}

pub async fn row(stage: &Stage) -> Row {
    let found = stage.rollout().await;
    let split = stage.get(&split_ref()).await.unwrap();
    let services = split.at(&["spec", "weighted", "services"]).unwrap();
    (
        stage.second(),
        found
            .at(&["status", "currentStepIndex"])
            .and_then(Value::as_u64),
        services[1]["weight"].as_i64().unwrap(),
        stage.pods_of("demo:2").await,
        stage.pods_of("demo:1").await,
    )
}

/// Rolls out the second image, and notes what is seen whenever it changes.
pub async fn timetable(stage: &Stage, last: i64) -> Vec<Row> {
    stage.image("demo:2").await;
    stage.rest().await;
    let mut rows = vec![row(stage).await];
    while stage.second() < last {
        stage.tick().await;
        let seen = row(stage).await;
        let before = rows.last().unwrap();
        if (before.1, before.2, before.3, before.4) != (seen.1, seen.2, seen.3, seen.4) {
            rows.push(seen);
        }
    }
    rows
}

/// Seconds and phases of the measurements of a metric.
async fn measured(stage: &Stage, metric: &str) -> Vec<(i64, String)> {
    let mut all = Vec::new();
    for run in stage.runs().await {
        let results = run.at(&["status", "metricResults"]).cloned();
        for result in results
            .as_ref()
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if result["name"] != metric {
                continue;
            }
            for measurement in result["measurements"].as_array().into_iter().flatten() {
                let at = stage.second_of(measurement["startedAt"].as_str().unwrap());
                all.push((at, measurement["phase"].as_str().unwrap().to_owned()));
            }
        }
    }
    all
}

fn times(seconds: &[i64], phase: &str) -> Vec<(i64, String)> {
    seconds.iter().map(|at| (*at, phase.to_owned())).collect()
}

async fn selected(stage: &Stage, name: &str) -> String {
    let found = stage.get(&service_ref(name)).await.unwrap();
    text(&found, &["spec", "selector", "rollouts-pod-template-hash"]).to_owned()
}

/// Answers that are fine, but for what a test says of one query.
fn all_fine_but(
    query: &'static str,
    answer: impl Fn(i64) -> Answer + Send + 'static,
) -> impl Fn(&str, i64) -> Answer + Send {
    move |asked, second| {
        if asked == query {
            answer(second)
        } else {
            Answer::Value(0.0)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_healthy() {
    let stage = stable(true).await;
    let rows = timetable(&stage, 260).await;
    let expected = [
        (0, Some(0), 0, 2, 10),
        (10, Some(1), 20, 2, 10),
        (70, Some(2), 20, 5, 10),
        (80, Some(3), 50, 5, 10),
        (140, Some(4), 50, 8, 10),
        (150, Some(5), 80, 8, 10),
        (180, Some(6), 80, 10, 10),
        (190, Some(6), 0, 10, 10),
        (220, Some(6), 0, 10, 0),
    ];
    assert_eq!(rows, expected);
    // Whether one more is made at the instant of the promotion is a race.
    let seen = times(&[10, 40, 70, 100, 130, 160], "Successful");
    assert!(measured(&stage, "error-rate").await.starts_with(&seen));
    let found = stage.rollout().await;
    let hash = text(&found, &["status", "stableRS"]);
    assert_eq!(text(&found, &["status", "phase"]), "Healthy");
    assert_eq!(hash, text(&found, &["status", "currentPodHash"]));
    assert_eq!(selected(&stage, "stable").await, hash);
    assert_eq!(
        found.at(&["status", "canary", "currentBackgroundAnalysisRunStatus"]),
        None
    );
    let runs = stage.runs().await;
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].name(), format!("demo-{hash}-2"));
    assert_eq!(text(&runs[0], &["status", "phase"]), "Successful");
    assert!(text(&runs[0], &["status", "message"]).starts_with("Run Terminated"));
    let events = stage.events().await;
    let told = [
        "Rollout updated to revision 2",
        "Rollout step 1/6 completed (setWeight: 20)",
        "Rollout is paused (CanaryPauseStep)",
        "Rollout is resumed",
        "Traffic weight updated from 20 to 50",
        "Rollout step 6/6 completed (pause: 30s)",
    ];
    for message in told {
        assert!(
            events.iter().any(|(_, text)| text == message),
            "{message}: {events:?}"
        );
    }
    let completed =
        format!("Rollout completed update to revision 2 ({hash}): Completed all 6 canary steps");
    assert!(
        events.contains(&("RolloutCompleted".to_owned(), completed)),
        "{events:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn all_errors() {
    let stage = stable(true).await;
    stage
        .metrics
        .script(all_fine_but("error-rate", |_| Answer::Value(1.0)));
    let rows = timetable(&stage, 170).await;
    let expected = [
        (0, Some(0), 0, 2, 10),
        (10, Some(1), 20, 2, 10),
        (70, Some(2), 20, 5, 10),
        (80, Some(3), 50, 5, 10),
        (100, Some(0), 0, 5, 10),
        (130, Some(0), 0, 0, 10),
    ];
    assert_eq!(rows, expected);
    assert_eq!(
        measured(&stage, "error-rate").await,
        times(&[10, 40, 70, 100], "Failed")
    );
    let found = stage.rollout().await;
    assert_eq!(text(&found, &["status", "phase"]), "Degraded");
    assert_eq!(
        text(&found, &["status", "message"]),
        "RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error/failed: \
         Metric \"error-rate\" assessed Failed due to failed (4) > failureLimit (3)"
    );
    assert_eq!(stage.second_of(text(&found, &["status", "abortedAt"])), 100);
    let stable_hash = text(&found, &["status", "stableRS"]);
    assert_eq!(selected(&stage, "canary").await, stable_hash);
    assert_eq!(selected(&stage, "stable").await, stable_hash);
}

/// When and why an update is aborted.
async fn aborted(stage: &Stage, last: i64) -> Option<(i64, String)> {
    stage.image("demo:2").await;
    stage.go_to(last).await;
    let found = stage.rollout().await;
    let since = text(&found, &["status", "abortedAt"]);
    if since.is_empty() {
        return None;
    }
    let why = text(&found, &["status", "message"]);
    let why = why.rsplit_once("Metric ").map_or(why, |(_, why)| why);
    Some((stage.second_of(since), why.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_whole_service_show_late() {
    let stage = stable(true).await;
    // A fifth of the traffic fails at first, half of it from the second step.
    stage.metrics.script(all_fine_but("error-rate", |second| {
        Answer::Value(if second < 80 { 0.2 } else { 0.5 })
    }));
    let rows = timetable(&stage, 200).await;
    let weights: Vec<(i64, i64)> = rows.iter().map(|row| (row.0, row.2)).collect();
    let fine = times(&[10, 40, 70], "Successful");
    let bad = times(&[100, 130, 160], "Failed");
    let seen = measured(&stage, "error-rate").await;
    assert!(seen.starts_with(&[fine, bad].concat()), "{seen:?}");
    // The fourth failure comes at the instant of the promotion: who is first is a race.
    assert_eq!(weights.last(), Some(&(190, 0)));
    let found = stage.rollout().await;
    let since = text(&found, &["status", "abortedAt"]);
    match text(&found, &["status", "phase"]) {
        "Degraded" => assert_eq!(stage.second_of(since), 190),
        phase => assert_eq!(phase, "Healthy"),
    }
}

#[tokio::test(start_paused = true)]
async fn no_series_yet_is_an_error_after_the_fifth() {
    let stage = stable(true).await;
    stage
        .metrics
        .script(all_fine_but("error-rate", |_| Answer::Empty));
    let (at, why) = aborted(&stage, 80).await.unwrap();
    assert_eq!(at, 50);
    assert!(
        why.starts_with(
            "\"error-rate\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4)"
        ),
        "{why}"
    );
    let seen = times(&[10, 20, 30, 40, 50], "Error");
    assert_eq!(measured(&stage, "error-rate").await, seen);
}

#[tokio::test(start_paused = true)]
async fn no_traffic_fails() {
    let stage = stable(true).await;
    stage.metrics.script(|_, _| Answer::NoTraffic);
    let (at, why) = aborted(&stage, 20).await.unwrap();
    assert_eq!(at, 10);
    assert!(
        why.starts_with("\"p95-latency\" assessed Failed due to failed (1) > failureLimit (0)"),
        "{why}"
    );
}

#[tokio::test(start_paused = true)]
async fn restarts_from_the_start_abort_at_the_third() {
    let stage = stable(true).await;
    stage
        .metrics
        .script(all_fine_but("pod-restarts", |_| Answer::Value(2.0)));
    let (at, why) = aborted(&stage, 90).await.unwrap();
    assert_eq!(at, 70);
    assert_eq!(
        why,
        "\"pod-restarts\" assessed Failed due to failed (3) > failureLimit (2)"
    );
}

#[tokio::test(start_paused = true)]
async fn metrics_away_for_a_while_do_no_harm() {
    let stage = stable(true).await;
    stage.metrics.script(|_, second| {
        if (35..60).contains(&second) {
            Answer::Down
        } else {
            Answer::Value(0.0)
        }
    });
    assert_eq!(aborted(&stage, 200).await, None);
    let seen = measured(&stage, "error-rate").await;
    let expected = [
        times(&[10], "Successful"),
        times(&[40, 50], "Error"),
        times(&[60, 90, 120, 150, 180], "Successful"),
    ]
    .concat();
    assert_eq!(seen, expected);
    assert_eq!(
        text(&stage.rollout().await, &["status", "phase"]),
        "Healthy"
    );
}
