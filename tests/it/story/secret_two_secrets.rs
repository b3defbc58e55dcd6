//! Two secrets of one Rollout, the second changed while the first is on its way.

use super::{
    secret_stage::{Stage, opted_in, rollout},
    world::sealed,
};

#[tokio::test]
async fn point_04_a_second_secret_changed_midway_is_a_revision_with_both() {
    let stage = Stage::new().await;
    let tls = async |value: &str| stage.apply(opted_in(sealed("tls", &[("k", value)]))).await;
    stage.seal("old").await;
    tls("old").await;
    stage.apply(rollout("web", "i", &["db", "tls"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage
        .reads("web", &[("db-v1", 1), ("db-v2", 1), ("tls-v1", 2)])
        .await;
    tls("new").await;
    stage.rollout("web", "Paused", "3").await;
    stage
        .reads(
            "web",
            &[("db-v1", 1), ("db-v2", 1), ("tls-v1", 1), ("tls-v2", 1)],
        )
        .await;
    stage.rollout("web", "Healthy", "3").await;
    stage.condition("db", "Promoted: version 2").await;
    stage.condition("tls", "Promoted: version 2").await;
    assert_eq!(stage.revisions("web").await, [1, 2, 3]);
    stage.reads("web", &[("db-v2", 2), ("tls-v2", 2)]).await;
}
