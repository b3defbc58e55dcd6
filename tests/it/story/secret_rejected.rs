//! A wrong secret is taken back, and every other pod keeps the right one.

use serde_json::Value;

use super::{
    secret_stage::{Stage, rollout_ref},
    world::{sealed_ref, secret_ref},
};

#[tokio::test]
async fn a_secret_canary_is_rejected_and_a_restarted_stable_pod_still_reads_the_old_value() {
    let stage = Stage::begun().await;
    stage.seal("bad").await;
    stage.rollout("web", "Paused", "2").await;
    stage.reads("web", &[("db-v1", 1), ("db-v2", 1)]).await;
    // While the canary runs, whoever else starts reads the promoted value.
    assert_eq!(stage.value("db").await, "old");
    stage.abort("web").await;
    stage.rollout("web", "Degraded", "2").await;
    stage.reads("web", &[("db-v1", 2)]).await;
    stage.kill_reader("db-v1").await;
    stage.reads("web", &[("db-v1", 2)]).await;
    assert_eq!(stage.versions().await, ["db-v1=old*", "db-v2=bad"]);
    assert_eq!(stage.value("db").await, "old");
    let said = stage.promoted("db").await;
    assert_eq!(
        said,
        "Rejected: version 2 was rejected by Rollout web in revision 2: Rollout aborted update to revision 2"
    );
    let rejected = stage.get(&secret_ref("db-v2")).await.unwrap();
    let noted: Value =
        serde_json::from_str(rejected.annotation("waxwing.dev/rejected").unwrap()).unwrap();
    let web = stage.get(&rollout_ref("web")).await.unwrap();
    assert_eq!(noted["web"]["uid"].as_str(), web.uid());
    assert_eq!(noted["web"]["templateChanged"], false);
    let reasons = stage.reasons("db").await;
    let rejections = reasons
        .iter()
        .filter(|reason| *reason == "SecretVersionRejected");
    assert_eq!(rejections.count(), 1, "{reasons:?}");
    let sealed = stage.get(&sealed_ref("db")).await.unwrap();
    assert_eq!(
        waxwing::sync::health::of(&sealed).unwrap().status.text(),
        "Degraded"
    );
}
