//! Somebody deletes a version by hand.

use super::{
    secret_stage::{Stage, opted_in, rollout, world},
    world::{sealed, secret_ref, settings},
};

#[tokio::test]
async fn point_12_a_version_deleted_by_hand_is_written_again() {
    let stage = Stage::begun().await;
    stage.world.delete(&secret_ref("db-v1")).await;
    stage
        .until("it is written again", async |stage: &Stage| {
            stage.versions().await == ["db-v1=old*"]
        })
        .await;
    stage.kill_reader("db-v1").await;
    stage.rollout("web", "Healthy", "1").await;
    assert_eq!(stage.revisions("web").await, [1]);
    let owners = async |stage: &Stage| {
        let version = stage.get(&secret_ref("db-v1")).await.unwrap();
        version
            .at(&["metadata", "ownerReferences"])
            .unwrap()
            .as_array()
            .unwrap()
            .len()
    };
    stage
        .until("its ReplicaSet owns it again", async |stage: &Stage| {
            owners(stage).await == 2
        })
        .await;
    // The one on its way too, from what is sealed.
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage.world.delete(&secret_ref("db-v2")).await;
    stage
        .until("it is written again", async |stage: &Stage| {
            stage.versions().await == ["db-v1=old*", "db-v2=new"]
        })
        .await;
    stage.condition("db", "Promoted: version 2").await;
}

#[tokio::test]
async fn point_12_versions_are_watched_whatever_the_label_selector_says() {
    let world = world().await;
    let way = world.controllers.clone();
    let mut settings = settings();
    settings.sealed.rollouts = true;
    settings.sealed.labels = "team=a".to_owned();
    let stage = Stage::with(world, way, settings);
    let mut db = opted_in(sealed("db", &[("k", "old")]));
    db["metadata"]["labels"] = serde_json::json!({"team": "a"});
    stage.apply(db).await;
    stage.apply(opted_in(sealed("unseen", &[("k", "x")]))).await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.world.delete(&secret_ref("db-v1")).await;
    stage
        .until("it is written again", async |stage: &Stage| {
            stage.versions().await == ["db-v1=old*"]
        })
        .await;
}
