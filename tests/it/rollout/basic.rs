//! The acceptance table where no router is, and where pods are not as they should be.

use serde_json::json;
use waxwing::object::Gvk;

use super::{
    acceptance::{row, stable, timetable},
    metrics::Answer,
    stage::{Stage, rollout_ref, text},
};

#[tokio::test(start_paused = true)]
async fn without_a_router_pods_make_the_weight() {
    let stage = stable(false).await;
    stage
        .metrics
        .script(|query, _| Answer::Value(if query == "error-rate" { 1.0 } else { 0.0 }));
    let rows = timetable(&stage, 160).await;
    let pods: Vec<(i64, i64, i64)> = rows.iter().map(|row| (row.0, row.3, row.4)).collect();
    // Stable pods go before the canary's are ready.
    assert_eq!(pods[0], (0, 2, 8));
    assert!(
        pods.contains(&(80, 5, 5)) || pods.contains(&(70, 5, 5)),
        "{pods:?}"
    );
    let found = stage.rollout().await;
    assert_eq!(stage.second_of(text(&found, &["status", "abortedAt"])), 100);
    // Back at once, within the surge of three, without a delay.
    let back: Vec<_> = pods.iter().filter(|row| row.0 >= 100).copied().collect();
    assert_eq!(back.first().map(|row| row.0), Some(100), "{pods:?}");
    assert_eq!(
        back.last().map(|row| (row.1, row.2)),
        Some((0, 10)),
        "{pods:?}"
    );
    assert!(pods.iter().all(|row| row.1 + row.2 <= 13), "{pods:?}");
}

#[tokio::test(start_paused = true)]
async fn pods_that_are_never_ready_stop_the_first_step() {
    let stage = stable(true).await;
    let never = json!({"spec": {"template": {"metadata": {"annotations": {"sandbox.waxwing.dev/ready-after": "never"}}}}});
    stage.patch(&rollout_ref(), never).await;
    let rows = timetable(&stage, 620).await;
    assert_eq!(rows, [(0, Some(0), 0, 2, 10)]);
    assert!(stage.runs().await.is_empty());
    let found = stage.rollout().await;
    assert_eq!(text(&found, &["status", "phase"]), "Degraded");
    let message = text(&found, &["status", "message"]);
    assert!(
        message.starts_with("ProgressDeadlineExceeded: ReplicaSet \"demo-")
            && message.ends_with("\" has timed out progressing."),
        "{message}"
    );
    assert_eq!(found.at(&["status", "abort"]), None);
    let abort = json!({"spec": {"progressDeadlineAbort": true}});
    stage.patch(&rollout_ref(), abort).await;
    stage.rest().await;
    let message = text(&stage.rollout().await, &["status", "message"]).to_owned();
    assert!(
        message.starts_with("RolloutAborted: Rollout aborted update to revision 3"),
        "{message}"
    );
}

/// Lets the pods of the second image become ready so long after their start, or never.
async fn ready_after(stage: &Stage, when: &str) {
    for pod in stage.list(&Gvk::new("", "v1", "Pod")).await {
        let containers = pod.at(&["spec", "containers"]).unwrap();
        if containers[0]["image"] == "demo:2" {
            let patch =
                json!({"metadata": {"annotations": {"sandbox.waxwing.dev/ready-after": when}}});
            stage.patch(&pod.reference(), patch).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pods_that_flap_lose_their_traffic_while_the_pause_goes_on() {
    let stage = stable(true).await;
    stage.image("demo:2").await;
    stage.go_to(20).await;
    assert_eq!(row(&stage).await, (20, Some(1), 20, 2, 10));
    ready_after(&stage, "never").await;
    stage.go_to(25).await;
    assert_eq!(row(&stage).await, (25, Some(1), 0, 2, 10));
    stage.go_to(75).await;
    assert_eq!(row(&stage).await, (75, Some(2), 0, 5, 10));
    // Three new pods are not what the step waits for.
    stage.go_to(85).await;
    assert_eq!(row(&stage).await, (85, Some(2), 20, 5, 10));
    ready_after(&stage, "1s").await;
    stage.go_to(90).await;
    assert_eq!(row(&stage).await, (90, Some(3), 50, 5, 10));
}
