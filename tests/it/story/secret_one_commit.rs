//! An image and a secret that change in one commit make one revision, in whatever order an applier brings them.

use super::secret_stage::{Stage, rollout, world};

/// A Rollout waits two seconds for a second change: time enough for the calls in between.
const SPEED: u32 = 2;

async fn changed(order: &[&str], seconds_between: usize) {
    let stage = Stage::begun_on(world().await.at_speed(SPEED)).await;
    for what in order {
        match *what {
            "secret" => stage.seal("new").await,
            _ => stage.apply(rollout("web", "i2", &["db"])).await,
        }
        stage.moments(seconds_between).await;
    }
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.revisions("web").await, [1, 2]);
    stage.reads("web", &[("db-v2", 2)]).await;
}

#[tokio::test]
async fn point_10_the_rollout_first_makes_one_revision() {
    changed(&["image", "secret"], 1).await;
}

#[tokio::test]
async fn point_10_the_secret_first_makes_one_revision() {
    changed(&["secret", "image"], 1).await;
}

#[tokio::test]
async fn point_10_both_at_once_make_one_revision() {
    changed(&["image", "secret"], 0).await;
}
