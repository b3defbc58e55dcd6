//! Somebody deletes the plain Secret and versions at once: what a canary reads never becomes everybody's by that.

use super::{secret_stage::Stage, world::secret_ref};

/// Version 1 is stable, and a canary reads version 2.
async fn midway() -> Stage {
    let stage = Stage::begun().await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    stage.reads("web", &[("db-v1", 1), ("db-v2", 1)]).await;
    stage
}

#[tokio::test]
async fn point_12_the_plain_secret_and_the_newest_version_come_back_as_they_were() {
    let stage = midway().await;
    let pods = stage.pods("web").await;
    for name in ["db", "db-v2"] {
        stage.world.delete(&secret_ref(name)).await;
    }
    stage
        .until("they come back", async |stage: &Stage| {
            stage.versions().await == ["db-v1=old*", "db-v2=new"]
                && stage.value("db").await == "old"
        })
        .await;
    assert_eq!(
        stage.promoted("db").await,
        "Progressing: version 2 waits for Rollout web"
    );
    stage.pass(3).await;
    assert_eq!(stage.pods("web").await, pods, "nothing is restarted");
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.revisions("web").await, [1, 2]);
}

#[tokio::test]
async fn point_12_a_canary_is_not_promoted_because_what_was_promoted_is_gone() {
    let stage = midway().await;
    for name in ["db", "db-v1", "db-v2"] {
        stage.world.delete(&secret_ref(name)).await;
    }
    stage
        .condition("db", "Lost: version 1 is gone for good")
        .await;
    assert_eq!(stage.versions().await, ["db-v2=new"]);
    // As long as the update is on its way, nobody else reads what it brings.
    let mut seconds = 0;
    while !stage.is_healthy("web").await {
        assert_eq!(stage.value("db").await, "", "after {seconds} seconds");
        stage.pass(1).await;
        seconds += 1;
        assert!(seconds < 120);
    }
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "new");
}
