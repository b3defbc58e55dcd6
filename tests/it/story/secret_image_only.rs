//! An aborted image rejects no secret.

use super::{
    secret_stage::{Stage, rollout},
    world::secret_ref,
};

#[tokio::test]
async fn point_08_an_image_only_abort_rejects_nothing() {
    let stage = Stage::begun().await;
    stage.apply(rollout("web", "i2", &["db"])).await;
    stage.rollout("web", "Paused", "2").await;
    stage.reads("web", &[("db-v1", 2)]).await;
    stage.abort("web").await;
    stage.rollout("web", "Degraded", "2").await;
    stage.pass(5).await;
    assert_eq!(
        stage.promoted("db").await,
        "Promoted: version 1 is promoted"
    );
    let version = stage.get(&secret_ref("db-v1")).await.unwrap();
    assert_eq!(version.annotation("waxwing.dev/rejected"), None);
    // The secret alone is an update of the aborted image's template, as for every other change of it.
    stage.seal("new").await;
    stage.rollout("web", "Healthy", "3").await;
    stage.condition("db", "Promoted: version 2").await;
}
