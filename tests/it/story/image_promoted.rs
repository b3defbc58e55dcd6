//! An image is rolled out as a canary, with real pods, Services and an HTTPRoute, and promoted.

use crate::rollout::{Stage, half_for_a_minute, service_ref, text};

#[tokio::test(start_paused = true)]
async fn an_image_canary_is_promoted() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    let first = stage.rollout().await;
    stage.image("demo:2").await;
    stage.go_to(9).await;
    assert_eq!(
        (stage.weight().await, stage.pods_of("demo:2").await),
        (0, 2)
    );
    stage.go_to(10).await;
    assert_eq!(stage.weight().await, 50);
    assert_eq!(
        stage.told().await,
        ("Paused".into(), "CanaryPauseStep".into())
    );
    stage.go_to(79).await;
    assert_eq!(stage.pods_of("demo:2").await, 4);
    stage.go_to(80).await;
    assert_eq!(stage.told().await, ("Healthy".into(), String::new()));
    assert_eq!(
        (stage.weight().await, stage.pods_of("demo:1").await),
        (0, 4)
    );
    let last = stage.rollout().await;
    let (before, after) = (
        text(&first, &["status", "stableRS"]),
        text(&last, &["status", "stableRS"]),
    );
    assert_ne!(before, after);
    let service = stage.get(&service_ref("stable")).await.unwrap();
    assert_eq!(
        text(
            &service,
            &["spec", "selector", "rollouts-pod-template-hash"]
        ),
        after
    );
    stage.go_to(112).await;
    assert_eq!(stage.pods_of("demo:1").await, 0);
}

#[tokio::test(start_paused = true)]
async fn it_is_told_step_by_step() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage.image("demo:2").await;
    stage.go_to(112).await;
    let events = stage.events().await;
    let reasons: Vec<&str> = events.iter().map(|(reason, _)| reason.as_str()).collect();
    let expected = [
        "RolloutAddedToInformer",
        "RolloutUpdated",
        "NewReplicaSetCreated",
        "RolloutNotCompleted",
        "ScalingReplicaSet",
        "RolloutCompleted",
        "SwitchService",
        "SwitchService",
        "TrafficWeightUpdated",
        "RolloutUpdated",
        "NewReplicaSetCreated",
        "RolloutNotCompleted",
        "TrafficWeightUpdated",
        "ScalingReplicaSet",
        "SwitchService",
        "TrafficWeightUpdated",
        "RolloutStepCompleted",
        "RolloutPaused",
        "RolloutStepCompleted",
        "RolloutResumed",
        "ScalingReplicaSet",
        "TrafficWeightUpdated",
        "RolloutCompleted",
        "SwitchService",
        "TrafficWeightUpdated",
        "ScalingReplicaSet",
    ];
    assert_eq!(reasons, expected, "{events:#?}");
}
