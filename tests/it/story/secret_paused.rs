//! A Rollout that a user has paused is waited for, and named.

use serde_json::json;

use super::secret_stage::{Stage, rollout_ref};

#[tokio::test]
async fn point_07_a_paused_rollout_is_waited_for_and_named() {
    let stage = Stage::begun().await;
    let pause = |paused: bool| json!({"spec": {"paused": paused}});
    stage.world.patch(&rollout_ref("web"), pause(true)).await;
    stage.seal("new").await;
    stage
        .condition(
            "db",
            "Progressing: version 2 waits for Rollout web (paused)",
        )
        .await;
    stage.pass(60).await;
    assert_eq!(stage.value("db").await, "old");
    stage.reads("web", &[("db-v1", 2)]).await;
    stage.world.patch(&rollout_ref("web"), pause(false)).await;
    stage.condition("db", "Promoted: version 2").await;
    stage.reads("web", &[("db-v2", 2)]).await;
}
