//! Pods are restarted by the instant that a user writes, a few at a time, without a new revision.

use serde_json::json;
use waxwing::object::Gvk;

use crate::rollout::{Stage, half_for_a_minute, rollout_ref, text};

#[tokio::test(start_paused = true)]
async fn old_pods_are_evicted_in_turn() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    let pods = Gvk::new("", "v1", "Pod");
    let before = stage.list(&pods).await;
    assert_eq!(before.len(), 4);
    let restart = json!({"spec": {"restartAt": "2030-01-01T00:01:05Z"}});
    stage.patch(&rollout_ref(), restart).await;
    stage.rest().await;
    assert_eq!(
        stage.told().await,
        ("Progressing".into(), "rollout is restarting".into())
    );
    stage.go_to(6).await;
    let going = stage.list(&pods).await;
    let kept = going
        .iter()
        .filter(|pod| pod.at(&["metadata", "deletionTimestamp"]).is_none());
    assert!(kept.count() >= 3);
    stage.go_to(200).await;
    let after = stage.list(&pods).await;
    assert_eq!(after.len(), 4);
    assert!(
        after
            .iter()
            .all(|pod| before.iter().all(|old| old.uid() != pod.uid()))
    );
    let found = stage.rollout().await;
    assert_eq!(
        text(&found, &["status", "restartedAt"]),
        "2030-01-01T00:01:05Z"
    );
    assert_eq!(stage.told().await, ("Healthy".into(), String::new()));
    assert_eq!(found.annotation("rollout.argoproj.io/revision"), Some("1"));
}
