//! Opting in restarts nothing; the next change is a canary.

use serde_json::json;

use super::{
    secret_stage::{Stage, rollout},
    world::{sealed, sealed_ref},
};

#[tokio::test]
async fn point_06_opting_in_restarts_nothing() {
    let stage = Stage::new().await;
    stage.apply(sealed("db", &[("k", "old")])).await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.reads("web", &[("db", 2)]).await;
    assert_eq!(stage.promoted("db").await, "");
    let pods = stage.pods("web").await;
    let opt_in = json!({"metadata": {"annotations": {"waxwing.dev/canary": "true"}}});
    stage.world.patch(&sealed_ref("db"), opt_in).await;
    stage.condition("db", "Promoted: version 1").await;
    stage.pass(40).await;
    assert_eq!(stage.pods("web").await, pods);
    assert_eq!(stage.revisions("web").await, [1]);
    assert_eq!(stage.versions().await, ["db-v1=old*"]);
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage.reads("web", &[("db", 1), ("db-v2", 1)]).await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "new");
}

#[tokio::test]
async fn point_06_opting_in_with_another_content_makes_version_2() {
    let stage = Stage::new().await;
    stage.apply(sealed("db", &[("k", "old")])).await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    assert_eq!(stage.versions().await, ["db-v1=old*", "db-v2=new"]);
    assert_eq!(stage.value("db").await, "old");
}
