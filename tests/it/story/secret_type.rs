//! The type of a Secret changes: a version like every other, and the plain Secret is made anew at its promotion.

use super::{
    secret_stage::{Stage, opted_in},
    world::{sealed, secret_ref},
};

#[tokio::test]
async fn point_03_a_new_type_is_a_version_and_the_plain_secret_is_made_anew() {
    let stage = Stage::begun().await;
    let before = stage.get(&secret_ref("db")).await.unwrap();
    let mut typed = opted_in(sealed("db", &[("k", "old")]));
    typed["spec"]["template"]["type"] = "example.com/new".into();
    stage.apply(typed).await;
    stage.rollout("web", "Paused", "2").await;
    assert_eq!(stage.versions().await, ["db-v1=old*", "db-v2=old"]);
    stage.condition("db", "Promoted: version 2").await;
    let after = stage.get(&secret_ref("db")).await.unwrap();
    assert_eq!(after.at(&["type"]), Some(&"example.com/new".into()));
    assert_ne!(after.uid(), before.uid());
}
