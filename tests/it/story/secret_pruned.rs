//! A SealedSecret is pruned, made again, or renamed: running pods lose nothing.

use super::{
    secret_stage::{Stage, opted_in, rollout},
    world::{sealed, sealed_ref, secret_ref},
};

#[tokio::test]
async fn point_11_a_pruned_sealed_secret_takes_nothing_from_pods_and_comes_back() {
    let stage = Stage::begun().await;
    let pods = stage.pods("web").await;
    stage.world.delete(&sealed_ref("db")).await;
    stage
        .until("the plain Secret goes", async |stage: &Stage| {
            stage.get(&secret_ref("db")).await.is_none()
        })
        .await;
    stage.pass(5).await;
    assert_eq!(stage.versions().await, ["db-v1=old*"]);
    assert_eq!(stage.pods("web").await, pods);
    stage.kill_reader("db-v1").await;
    stage.rollout("web", "Healthy", "1").await;
    stage.reads("web", &[("db-v1", 2)]).await;
    stage.seal("old").await;
    stage.condition("db", "Promoted: version 1").await;
    stage.pass(20).await;
    assert_eq!(stage.revisions("web").await, [1]);
    assert_eq!(stage.value("db").await, "old");
    stage.seal("new").await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
}

#[tokio::test]
async fn point_11_made_again_with_another_content_it_goes_on_from_what_is_promoted() {
    let stage = Stage::begun().await;
    stage.world.delete(&sealed_ref("db")).await;
    stage.pass(2).await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    assert_eq!(stage.versions().await, ["db-v1=old*", "db-v2=new"]);
    assert_eq!(stage.value("db").await, "old");
}

#[tokio::test]
async fn point_11_a_renamed_sealed_secret_takes_nothing_from_pods() {
    let stage = Stage::begun().await;
    stage.world.delete(&sealed_ref("db")).await;
    stage.apply(opted_in(sealed("base", &[("k", "old")]))).await;
    stage.apply(rollout("web", "i", &["base"])).await;
    stage.rollout("web", "Paused", "2").await;
    stage.reads("web", &[("base-v1", 1), ("db-v1", 1)]).await;
    stage.kill_reader("db-v1").await;
    stage.rollout("web", "Healthy", "2").await;
    stage.reads("web", &[("base-v1", 2)]).await;
}
