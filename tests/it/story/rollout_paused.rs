//! A Rollout that a user has paused stands still, replicas included, and goes on where it was.

use serde_json::json;

use crate::rollout::{Stage, half_for_a_minute, rollout_ref};

#[tokio::test(start_paused = true)]
async fn nothing_is_scaled_while_paused() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage.image("demo:2").await;
    stage.go_to(5).await;
    let pause = |paused: bool| json!({"spec": {"paused": paused}});
    stage.patch(&rollout_ref(), pause(true)).await;
    stage.go_to(40).await;
    assert_eq!(
        stage.told().await,
        ("Paused".into(), "manually paused".into())
    );
    let found = stage.rollout().await;
    assert_eq!(found.at(&["status", "currentStepIndex"]), Some(&json!(0)));
    stage
        .patch(&rollout_ref(), json!({"spec": {"replicas": 8}}))
        .await;
    stage.go_to(50).await;
    assert_eq!(
        (stage.pods_of("demo:1").await, stage.pods_of("demo:2").await),
        (4, 2)
    );
    stage.patch(&rollout_ref(), pause(false)).await;
    stage.rest().await;
    assert_eq!(
        (stage.pods_of("demo:1").await, stage.pods_of("demo:2").await),
        (8, 4)
    );
    stage.go_to(150).await;
    assert_eq!(stage.told().await.0, "Healthy");
    assert_eq!(stage.pods_of("demo:2").await, 8);
}

#[tokio::test(start_paused = true)]
async fn a_change_while_paused_waits() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage
        .patch(&rollout_ref(), json!({"spec": {"paused": true}}))
        .await;
    stage.rest().await;
    stage.image("demo:2").await;
    stage.go_to(30).await;
    assert_eq!(
        (stage.pods_of("demo:2").await, stage.weight().await),
        (0, 0)
    );
    stage
        .patch(&rollout_ref(), json!({"spec": {"paused": false}}))
        .await;
    stage.go_to(41).await;
    assert_eq!(
        (stage.pods_of("demo:2").await, stage.weight().await),
        (2, 50)
    );
}
