//! A reference comes with the change of its secret: only the canary reads the new value.

use super::secret_stage::{Stage, rollout};

#[tokio::test]
async fn point_05_a_reference_added_with_the_change_is_a_canary_of_both() {
    let stage = Stage::new().await;
    stage.seal("old").await;
    stage.condition("db", "Promoted: version 1").await;
    stage.apply(rollout("web", "i", &[])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage.reads("web", &[("db-v2", 1)]).await;
    assert_eq!(stage.value("db").await, "old");
    assert_eq!(
        stage.promoted("db").await,
        "Progressing: version 2 waits for Rollout web"
    );
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "new");
}
