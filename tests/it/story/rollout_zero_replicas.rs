//! A Rollout of no pods: its revisions are promoted at once, and pods come when they are asked for.

use serde_json::json;

use crate::rollout::{Stage, half_for_a_minute, rollout_ref};

#[tokio::test(start_paused = true)]
async fn without_pods_the_steps_pass() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage
        .patch(&rollout_ref(), json!({"spec": {"replicas": 0}}))
        .await;
    stage.go_to(5).await;
    assert_eq!(stage.pods_of("demo:1").await, 0);
    assert_eq!(stage.told().await, ("Healthy".into(), String::new()));
    stage.image("demo:2").await;
    stage.go_to(70).await;
    assert_eq!(stage.told().await.0, "Healthy");
    let found = stage.rollout().await;
    let status = found.at(&["status"]).unwrap();
    assert_eq!(status["stableRS"], status["currentPodHash"]);
    stage
        .patch(&rollout_ref(), json!({"spec": {"replicas": 3}}))
        .await;
    stage.go_to(85).await;
    assert_eq!(
        (stage.pods_of("demo:1").await, stage.pods_of("demo:2").await),
        (0, 3)
    );
    assert_eq!(stage.told().await.0, "Healthy");
}
