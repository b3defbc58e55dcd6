//! Replicas that change midway, without a router: within surge and availability, at the weight of the step.

use serde_json::{Value, json};

use super::stage::{Stage, rollout_ref};

/// Canary and stable pods after each number of replicas, so many seconds after the change.
async fn rescaled(stage: &Stage, replicas: &[i64], seconds: i64) -> Vec<(i64, i64)> {
    let mut seen = Vec::new();
    for count in replicas {
        let patch = json!({"spec": {"replicas": count}});
        stage.patch(&rollout_ref(), patch).await;
        stage.go_to(stage.second() + seconds).await;
        seen.push((stage.pods_of("demo:2").await, stage.pods_of("demo:1").await));
    }
    seen
}

/// Changes the image to one whose pods are never ready.
async fn break_image(stage: &Stage) {
    let patch = json!({"spec": {"template": {
        "metadata": {"annotations": {"sandbox.waxwing.dev/ready-after": "never"}},
        "spec": {"containers": [{"name": "main", "image": "demo:2"}]}}}});
    stage.patch(&rollout_ref(), patch).await;
}

async fn broken(canary: Value) -> Vec<(i64, i64)> {
    let stage = Stage::stable(&canary, Vec::new()).await;
    break_image(&stage).await;
    rescaled(&stage, &[4, 8, 4], 30).await
}

#[tokio::test(start_paused = true)]
async fn with_pods_that_do_not_start_enough_stable_ones_stay() {
    let wide = broken(json!({"maxSurge": "100%"})).await;
    assert_eq!(wide, [(4, 3), (8, 3), (4, 3)]);
    let narrow = broken(json!({"maxSurge": 2, "maxUnavailable": 0})).await;
    assert_eq!(narrow, [(2, 4), (6, 4), (2, 4)]);
}

#[tokio::test(start_paused = true)]
async fn at_a_pause_both_sides_follow() {
    let canary = json!({"steps": [{"setWeight": 25}, {"pause": {}}]});
    let stage = Stage::stable(&canary, Vec::new()).await;
    stage.image("demo:2").await;
    let seen = rescaled(&stage, &[4, 1, 8, 4], 40).await;
    assert_eq!(seen, [(1, 3), (1, 1), (2, 6), (1, 3)]);
    assert_eq!(stage.told().await.0, "Paused");
}
