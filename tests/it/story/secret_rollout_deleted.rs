//! The Rollout is deleted while a secret is on its way: the version waits for another one, or for a word.

use super::{
    secret_stage::{Stage, rollout, rollout_ref},
    world::secret_ref,
};

async fn deleted_midway() -> Stage {
    let stage = Stage::begun().await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage.world.delete(&rollout_ref("web")).await;
    stage
        .condition("db", "Progressing: version 2 was given to a Rollout before")
        .await;
    stage.pass(30).await;
    assert_eq!(stage.value("db").await, "old");
    stage
}

#[tokio::test]
async fn point_07_a_given_version_waits_for_a_consumer() {
    let stage = deleted_midway().await;
    // Made anew, it begins on the promoted version, and goes on by an ordinary update.
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Paused", "2").await;
    stage.reads("web", &[("db-v1", 1), ("db-v2", 1)]).await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "new");
}

#[tokio::test]
async fn point_07_a_given_version_is_promoted_by_a_word() {
    let stage = deleted_midway().await;
    let asked = serde_json::json!({"metadata": {"annotations": {"waxwing.dev/promote": "true"}}});
    stage.world.patch(&secret_ref("db-v2"), asked).await;
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "new");
}
