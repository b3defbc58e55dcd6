//! A Rollout without pods takes a new secret through its steps like every other.

use super::secret_stage::{Stage, rollout};

#[tokio::test]
async fn point_07_zero_replicas_take_a_version_too() {
    let stage = Stage::new().await;
    stage.seal("old").await;
    let mut web = rollout("web", "i", &["db"]);
    web["spec"]["replicas"] = 0.into();
    stage.apply(web).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    assert_eq!(stage.value("db").await, "old");
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "new");
    stage.reads("web", &[]).await;
}
