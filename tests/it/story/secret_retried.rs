//! A rejected version is tried again.

use super::secret_stage::Stage;

#[tokio::test]
async fn point_08_retry_tries_the_same_version_again() {
    let stage = Stage::rejected().await;
    stage.rollout("web", "Degraded", "2").await;
    stage.retry("web").await;
    stage.condition("db", "Progressing: version 2").await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "bad");
    assert_eq!(stage.revisions("web").await, [1, 2]);
}
