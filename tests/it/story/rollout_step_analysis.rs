//! Analyses as steps: each is a run of its own, which the step waits for.

use serde_json::{Value, json};

use crate::rollout::{Answer, Stage, text};

fn template(name: &str) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"metrics": [{"name": name, "count": 2, "interval": "5s", "successCondition": "result[0] < 1",
            "provider": {"prometheus": {"address": "http://prometheus.monitoring.svc:9090", "query": name}}}]}})
}

fn steps() -> Value {
    let analysis = |name: &str| json!({"analysis": {"templates": [{"templateName": name}]}});
    json!({"canaryService": "canary", "stableService": "stable",
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "route"}}},
        "steps": [{"setWeight": 25}, analysis("first"), {"setWeight": 50}, analysis("second")]})
}

async fn stage() -> Stage {
    Stage::stable(&steps(), vec![template("first"), template("second")]).await
}

#[tokio::test(start_paused = true)]
async fn each_step_waits_for_a_run_of_its_own() {
    let stage = stage().await;
    stage.image("demo:2").await;
    let done = stage.until_phase("Healthy", 120).await;
    let hash = text(&done, &["status", "currentPodHash"]).to_owned();
    let runs = stage.runs().await;
    let found: Vec<(String, String, String)> = runs
        .iter()
        .map(|run| {
            (
                run.name().to_owned(),
                text(run, &["status", "phase"]).to_owned(),
                text(run, &["metadata", "labels", "step-index"]).to_owned(),
            )
        })
        .collect();
    let one = |index: &str| {
        (
            format!("demo-{hash}-2-{index}"),
            "Successful".to_owned(),
            index.to_owned(),
        )
    };
    assert_eq!(found, [one("1"), one("3")]);
    for run in &runs {
        assert_eq!(run.label("rollout-type"), Some("Step"));
        assert_eq!(run.label("rollouts-pod-template-hash"), Some(hash.as_str()));
    }
    // The first one was over before the second step began.
    let at =
        |run: &waxwing::object::Object, field: &str| stage.second_of(text(run, &["status", field]));
    assert!(at(&runs[0], "completedAt") <= at(&runs[1], "startedAt"));
    assert_eq!(stage.weight().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_aborts_at_its_weight() {
    let stage = stage().await;
    stage
        .metrics
        .script(|query, _| Answer::Value(if query == "second" { 5.0 } else { 0.0 }));
    stage.image("demo:2").await;
    stage.until_phase("Degraded", 120).await;
    let (_, message) = stage.told().await;
    assert!(
        message.contains("Rollout aborted update to revision 2: Step-based analysis phase error/failed: Metric \"second\" assessed Failed due to failed (1) > failureLimit (0)"),
        "{message}"
    );
    stage.go_to(stage.second() + 2).await;
    assert_eq!(stage.weight().await, 0);
    // Tried again, both steps have new runs.
    stage.metrics.script(|_, _| Answer::Value(0.0));
    stage.user(json!({"abort": false})).await;
    stage.until_phase("Healthy", 120).await;
    let names: Vec<String> = stage
        .runs()
        .await
        .iter()
        .map(|run| run.name().to_owned())
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(
        names.iter().filter(|name| name.ends_with(".1")).count() == 2,
        "{names:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_with_its_step_when_somebody_promotes() {
    let stage = stage().await;
    stage.metrics.script(|query, _| {
        if query == "first" {
            Answer::Down
        } else {
            Answer::Value(0.0)
        }
    });
    stage.image("demo:2").await;
    stage.go_to(20).await;
    let runs = stage.runs().await;
    assert_eq!(runs.len(), 1);
    stage.user(json!({"currentStepIndex": 2})).await;
    stage.until_phase("Healthy", 120).await;
    let first = stage.runs().await.remove(0);
    assert_eq!(first.at(&["spec", "terminate"]), Some(&true.into()));
}
