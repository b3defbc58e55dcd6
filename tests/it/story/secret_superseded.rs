//! A newer secret comes while one is on its way: the older is neither promoted nor rejected.

use super::{secret_stage::Stage, world::secret_ref};

#[tokio::test]
async fn point_08_superseded_midway_is_neither_promoted_nor_rejected() {
    let stage = Stage::begun().await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage.seal("newer").await;
    stage.rollout("web", "Paused", "3").await;
    assert_eq!(
        stage.promoted("db").await,
        "Progressing: version 3 waits for Rollout web"
    );
    let second = stage.get(&secret_ref("db-v2")).await.unwrap();
    assert_eq!(second.annotation("waxwing.dev/rejected"), None);
    stage.rollout("web", "Healthy", "3").await;
    stage.condition("db", "Promoted: version 3").await;
    assert_eq!(stage.value("db").await, "newer");
    let reasons = stage.reasons("db").await;
    assert_eq!(
        reasons
            .iter()
            .filter(|reason| *reason == "SecretVersionPromoted")
            .count(),
        1
    );
}
