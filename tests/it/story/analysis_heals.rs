//! What an analysis needs is missing or talks nonsense: it is said, nothing that works is changed, and it heals.

use serde_json::{Value, json};

use crate::rollout::{Answer, NAMESPACE, Stage, half_for_a_minute, rollout, text};

fn template() -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
        "metadata": {"name": "check", "namespace": NAMESPACE},
        "spec": {"metrics": [{"name": "error-rate", "interval": "20s", "successCondition": "result[0] <= 0.25",
            "provider": {"prometheus": {"address": "http://prometheus.monitoring.svc:9090", "query": "errors"}}}]}})
}

fn strategy() -> Value {
    let mut canary = half_for_a_minute();
    canary["analysis"] = json!({"templates": [{"templateName": "check"}]});
    canary
}

#[tokio::test(start_paused = true)]
async fn a_missing_template_is_waited_for() {
    let stage = Stage::with_route(Vec::new()).await;
    stage.create(rollout(4, &strategy())).await;
    stage.rest().await;
    assert_eq!(
        stage.told().await.1,
        "InvalidSpec: The Rollout \"demo\" is invalid: spec.strategy.canary.analysis.templates: \
         Invalid value: \"check\": AnalysisTemplate 'check' not found"
    );
    stage.create(template()).await;
    stage.rest().await;
    assert_eq!(stage.pods_of("demo:1").await, 4);
    stage.until_phase("Healthy", 15).await;
    let found = stage
        .rollout()
        .await
        .at(&["status", "conditions"])
        .unwrap()
        .to_string();
    assert!(!found.contains("InvalidSpec"), "{found}");
}

#[tokio::test(start_paused = true)]
async fn a_template_taken_away_stops_the_update_until_it_is_back() {
    let stage = Stage::stable(&strategy(), vec![template()]).await;
    let target = stage.list(&waxwing::api::analysis::template_gvk()).await[0].reference();
    stage.delete(&target).await;
    stage.image("demo:2").await;
    stage.go_to(5).await;
    assert_eq!(stage.told().await.0, "Degraded");
    assert_eq!(
        (stage.pods_of("demo:1").await, stage.pods_of("demo:2").await),
        (4, 0)
    );
    stage.create(template()).await;
    stage.go_to(16).await;
    assert_eq!(stage.weight().await, 50);
}

#[tokio::test(start_paused = true)]
async fn metrics_that_are_away_or_talk_nonsense_for_a_while_do_no_harm() {
    let stage = Stage::stable(&strategy(), vec![template()]).await;
    stage.metrics.script(|_, second| match second {
        0..20 => Answer::Down,
        20..30 => Answer::Nonsense,
        _ => Answer::Value(0.0),
    });
    stage.image("demo:2").await;
    stage.go_to(100).await;
    assert_eq!(stage.told().await.0, "Healthy");
    let runs = stage.runs().await;
    let results = runs[0].at(&["status", "metricResults"]).unwrap();
    let phases: Vec<&str> = results[0]["measurements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|measurement| measurement["phase"].as_str().unwrap())
        .collect();
    assert!(phases.starts_with(&["Error", "Error"]), "{phases:?}");
    assert_eq!(phases.last(), Some(&"Successful"));
}

#[tokio::test(start_paused = true)]
async fn metrics_that_stay_away_take_the_canary_back_and_say_so() {
    let stage = Stage::stable(&strategy(), vec![template()]).await;
    stage.metrics.script(|_, _| Answer::Down);
    stage.image("demo:2").await;
    stage.go_to(100).await;
    let (phase, message) = stage.told().await;
    assert_eq!(phase, "Degraded");
    assert!(
        message.contains("consecutiveErrors (5) > consecutiveErrorLimit (4)"),
        "{message}"
    );
    let stable = stage.rollout().await;
    assert_ne!(
        text(&stable, &["status", "stableRS"]),
        text(&stable, &["status", "currentPodHash"])
    );
    assert_eq!(
        (stage.weight().await, stage.pods_of("demo:1").await),
        (0, 4)
    );
}
