//! A user aborts the canary of an image; retries it; or goes back.

use serde_json::json;

use crate::rollout::{Stage, half_for_a_minute, rollout_ref, service_ref, text};

#[tokio::test(start_paused = true)]
async fn an_aborted_image_loses_its_traffic_at_once_and_its_pods_later() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage.image("demo:2").await;
    stage.go_to(20).await;
    assert_eq!(stage.weight().await, 50);
    stage.user(json!({"abort": true})).await;
    stage.rest().await;
    assert_eq!(stage.weight().await, 0);
    let (phase, message) = stage.told().await;
    assert_eq!(phase, "Degraded");
    assert_eq!(
        message,
        "RolloutAborted: Rollout aborted update to revision 2"
    );
    let stable_hash = text(&stage.rollout().await, &["status", "stableRS"]).to_owned();
    let canary = stage.get(&service_ref("canary")).await.unwrap();
    assert_eq!(
        text(&canary, &["spec", "selector", "rollouts-pod-template-hash"]),
        stable_hash
    );
    stage.go_to(49).await;
    assert_eq!(stage.pods_of("demo:2").await, 2);
    stage.go_to(50).await;
    assert_eq!(stage.pods_of("demo:2").await, 0);
    assert_eq!(stage.told().await.0, "Degraded");
    // The spec still asks for what was aborted; nobody but a user changes that.
    assert_eq!(stage.pods_of("demo:1").await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_retry_begins_at_the_first_step() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage.image("demo:2").await;
    stage.go_to(20).await;
    stage.user(json!({"abort": true})).await;
    stage.go_to(60).await;
    stage.user(json!({"abort": false})).await;
    stage.rest().await;
    assert_eq!(
        stage.told().await,
        (
            "Progressing".into(),
            "more replicas need to be updated".into()
        )
    );
    assert_eq!(
        (stage.weight().await, stage.pods_of("demo:2").await),
        (0, 2)
    );
    stage.go_to(71).await;
    assert_eq!(stage.weight().await, 50);
    let found = stage.rollout().await;
    assert_eq!(found.at(&["status", "abortedAt"]), None);
    stage.go_to(142).await;
    assert_eq!(stage.told().await.0, "Healthy");
}

#[tokio::test(start_paused = true)]
async fn going_back_takes_no_steps() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    let stable_hash = text(&stage.rollout().await, &["status", "stableRS"]).to_owned();
    stage.image("demo:2").await;
    stage.go_to(20).await;
    stage.image("demo:1").await;
    stage.rest().await;
    assert!(stage.has_event("SkipSteps").await);
    assert_eq!(stage.weight().await, 0);
    let found = stage.rollout().await;
    assert_eq!(text(&found, &["status", "currentPodHash"]), stable_hash);
    assert_eq!(found.at(&["status", "currentStepIndex"]), Some(&json!(2)));
    assert_eq!(stage.pods_of("demo:1").await, 4);
    stage.go_to(60).await;
    assert_eq!(stage.told().await, ("Healthy".into(), String::new()));
    assert_eq!(stage.pods_of("demo:2").await, 0);
    assert_eq!(
        stage
            .rollout()
            .await
            .annotation("rollout.argoproj.io/revision"),
        Some("3")
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_promotion_waits_for_the_pods_only() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage.image("demo:2").await;
    stage.go_to(20).await;
    stage.user(json!({"promoteFull": true})).await;
    stage.rest().await;
    assert_eq!(
        (stage.weight().await, stage.pods_of("demo:2").await),
        (50, 4)
    );
    stage.go_to(30).await;
    assert_eq!(stage.told().await.0, "Healthy");
    assert_eq!(stage.rollout().await.at(&["status", "promoteFull"]), None);
    let events = stage.events().await;
    assert!(
        events
            .iter()
            .any(|(_, text)| text.ends_with(": Full promotion requested")),
        "{events:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_for_ever_ends_by_hand() {
    let mut canary = half_for_a_minute();
    canary["steps"][1] = json!({"pause": {}});
    let stage = Stage::stable(&canary, Vec::new()).await;
    stage.image("demo:2").await;
    stage.go_to(1000).await;
    assert_eq!(
        stage.told().await,
        ("Paused".into(), "CanaryPauseStep".into())
    );
    stage.user(json!({"pauseConditions": null})).await;
    stage.go_to(1010).await;
    assert_eq!(stage.told().await.0, "Healthy");
    let patch = json!({"spec": {"replicas": 2}});
    stage.patch(&rollout_ref(), patch).await;
    stage.rest().await;
    assert_eq!(stage.pods_of("demo:2").await, 2);
}
