//! Foreign Secrets in the way: numbers pass them over, and what is not ours is not delivered.

use serde_json::json;

use super::{
    secret_stage::{Stage, opted_in, rollout, world},
    world::{sealed, secret_ref, settings},
};

fn foreign(name: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop"}, "data": {"k": "eA=="}})
}

#[tokio::test]
async fn point_02_a_name_that_somebody_has_is_passed_over() {
    let stage = Stage::begun().await;
    stage.world.create(foreign("db-v2")).await;
    // A SealedSecret of that name will want its Secret.
    stage.apply(sealed("db-v3", &[("k", "own")])).await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    assert_eq!(stage.versions().await, ["db-v1=old*", "db-v4=new"]);
    assert_eq!(stage.value("db-v2").await, "x");
    stage.condition("db", "Promoted: version 4").await;
}

#[tokio::test]
async fn point_03_a_secret_of_somebody_else_is_not_taken() {
    let stage = Stage::new().await;
    stage.world.create(foreign("db")).await;
    stage.seal("new").await;
    stage
        .condition("db", "NotOwned: Secret db is not owned")
        .await;
    assert_eq!(stage.value("db").await, "x");
    assert!(stage.versions().await.is_empty());
    // When it goes, all is as usual.
    stage.world.delete(&secret_ref("db")).await;
    stage.condition("db", "Promoted: version 1").await;
}

#[tokio::test]
async fn point_03_a_patched_secret_is_not_delivered() {
    let stage = Stage::new().await;
    let mut shared = foreign("db");
    shared["metadata"]["annotations"] = json!({"sealedsecrets.bitnami.com/patch": "true"});
    shared["data"] = json!({"other": "eA=="});
    stage.world.create(shared).await;
    stage.seal("new").await;
    stage
        .condition("db", "Patched: Secret db is only patched")
        .await;
    let items = super::world::items(&stage.get(&secret_ref("db")).await.unwrap());
    assert_eq!((items["k"].as_str(), items["other"].as_str()), ("new", "x"));
    assert!(stage.versions().await.is_empty());
}

#[tokio::test]
async fn point_01_without_rollouts_here_it_is_as_not_opted_in() {
    let world = world().await;
    let way = world.controllers.clone();
    let stage = Stage::with(world, way, settings());
    stage.seal("old").await;
    stage.apply(opted_in(sealed("db", &[("k", "old")]))).await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal("new").await;
    stage
        .until("it applies at once", async |stage: &Stage| {
            stage.value("db").await == "new"
        })
        .await;
    assert!(stage.versions().await.is_empty());
    stage
        .until("people are told", async |stage: &Stage| {
            stage
                .reasons("db")
                .await
                .contains(&"CanaryNotHonoured".to_owned())
        })
        .await;
    assert_eq!(stage.revisions("web").await, [1]);
}
