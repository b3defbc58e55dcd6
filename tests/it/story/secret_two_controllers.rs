//! Two controllers at once come to the same end as one.

use super::secret_stage::{Stage, rollout};

#[tokio::test]
async fn point_12_two_controllers_at_once_converge() {
    let stage = Stage::new().await;
    let _twin = stage.twin();
    stage.seal("old").await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal("new").await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    stage.pass(5).await;
    assert_eq!(stage.versions().await, ["db-v1=old", "db-v2=new*"]);
    assert_eq!(stage.value("db").await, "new");
    assert_eq!(stage.revisions("web").await, [1, 2]);
    stage.reads("web", &[("db-v2", 2)]).await;
}
