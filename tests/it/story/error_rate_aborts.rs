//! The canary of an image makes errors: the analysis beside the steps takes it back.

use serde_json::{Value, json};

use crate::rollout::{Answer, NAMESPACE, Stage, half_for_a_minute, text};

fn template() -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
        "metadata": {"name": "check", "namespace": NAMESPACE},
        "spec": {"args": [{"name": "limit"}], "metrics": [{"name": "error-rate", "interval": "10s",
            "successCondition": "result[0] <= {{args.limit}}", "failureLimit": 1,
            "provider": {"prometheus": {"address": "http://prometheus.monitoring.svc:9090", "query": "errors"}}}]}})
}

fn strategy() -> Value {
    let mut canary = half_for_a_minute();
    canary["analysis"] = json!({"templates": [{"templateName": "check"}], "startingStep": 1,
        "args": [{"name": "limit", "value": "0.25"}]});
    canary
}

#[tokio::test(start_paused = true)]
async fn errors_take_the_canary_back_and_a_good_image_goes_on() {
    let stage = Stage::stable(&strategy(), vec![template()]).await;
    stage.metrics.script(|_, _| Answer::Value(0.9));
    stage.image("demo:2").await;
    stage.go_to(19).await;
    assert_eq!(stage.weight().await, 50);
    stage.go_to(20).await;
    let (phase, message) = stage.told().await;
    assert_eq!(phase, "Degraded");
    assert_eq!(
        message,
        "RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error/failed: \
         Metric \"error-rate\" assessed Failed due to failed (2) > failureLimit (1)"
    );
    assert_eq!(stage.weight().await, 0);
    stage.go_to(60).await;
    assert_eq!(
        (stage.pods_of("demo:1").await, stage.pods_of("demo:2").await),
        (4, 0)
    );
    // The next revision has a run of its own.
    stage.metrics.script(|_, _| Answer::Value(0.0));
    stage.image("demo:3").await;
    stage.go_to(150).await;
    assert_eq!(stage.told().await, ("Healthy".into(), String::new()));
    let phases: Vec<String> = stage
        .runs()
        .await
        .iter()
        .map(|run| text(run, &["status", "phase"]).to_owned())
        .collect();
    assert_eq!(phases.len(), 2, "{phases:?}");
    assert!(phases.contains(&"Failed".to_owned()) && phases.contains(&"Successful".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_measured_anew() {
    let stage = Stage::stable(&strategy(), vec![template()]).await;
    stage
        .metrics
        .script(|_, second| Answer::Value(if second < 30 { 0.9 } else { 0.0 }));
    stage.image("demo:2").await;
    stage.go_to(30).await;
    stage.user(json!({"abort": false})).await;
    stage.go_to(130).await;
    assert_eq!(stage.told().await.0, "Healthy");
    let names: Vec<String> = stage
        .runs()
        .await
        .iter()
        .map(|run| run.name().to_owned())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[1], format!("{}.1", names[0]));
}

#[tokio::test(start_paused = true)]
async fn an_inconclusive_analysis_waits_for_a_user() {
    let mut undecided = template();
    undecided["spec"]["metrics"][0]["failureCondition"] = "result[0] > 0.5".into();
    let stage = Stage::stable(&strategy(), vec![undecided]).await;
    stage
        .metrics
        .script(|_, second| Answer::Value(if second < 100 { 0.4 } else { 0.0 }));
    stage.image("demo:2").await;
    stage.go_to(90).await;
    assert_eq!(stage.told().await.0, "Paused");
    let found = stage.rollout().await;
    let pauses = found
        .at(&["status", "pauseConditions"])
        .unwrap()
        .to_string();
    assert!(pauses.contains("InconclusiveAnalysisRun"), "{pauses}");
    stage.go_to(100).await;
    stage.user(json!({"pauseConditions": null})).await;
    stage.go_to(190).await;
    assert_eq!(stage.told().await.0, "Healthy");
    assert_eq!(stage.runs().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn old_runs_go() {
    let stage = Stage::stable(&strategy(), vec![template()]).await;
    let patch = json!({"spec": {"analysis": {"successfulRunHistoryLimit": 1}}});
    stage.patch(&crate::rollout::rollout_ref(), patch).await;
    for (number, second) in [(2, 120), (3, 240), (4, 360)] {
        stage.image(&format!("demo:{number}")).await;
        stage.go_to(second).await;
        assert_eq!(stage.told().await.0, "Healthy");
    }
    let runs = stage.runs().await;
    assert!(
        runs.len() <= 2,
        "{:?}",
        runs.iter().map(|run| run.name()).collect::<Vec<_>>()
    );
}
