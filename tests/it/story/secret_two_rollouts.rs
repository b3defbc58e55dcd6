//! Two Rollouts on one secret disagree: the plain name stays, and each keeps what it has decided.

use super::secret_stage::{Stage, rollout};

#[tokio::test]
async fn point_07_a_secret_is_promoted_only_when_all_are_on_it() {
    let stage = Stage::begun().await;
    stage.apply(rollout("api", "i", &["db"])).await;
    stage.rollout("api", "Healthy", "1").await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage.rollout("api", "Paused", "2").await;
    assert_eq!(
        stage.promoted("db").await,
        "Progressing: version 2 waits for Rollout api, Rollout web"
    );
    stage.abort("web").await;
    stage.promote("api").await;
    stage.rollout("api", "Healthy", "2").await;
    stage
        .condition("db", "Rejected: version 2 was rejected by Rollout web")
        .await;
    assert_eq!(stage.value("db").await, "old");
    stage.reads("api", &[("db-v2", 2)]).await;
    stage.reads("web", &[("db-v1", 2)]).await;
    // The revert is nothing for the one and an update for the other.
    stage.seal("old").await;
    stage.rollout("web", "Healthy", "3").await;
    stage.rollout("api", "Healthy", "3").await;
    stage.condition("db", "Promoted: version 1").await;
    stage.reads("api", &[("db-v1", 2)]).await;
}
