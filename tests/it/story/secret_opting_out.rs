//! Opting out restarts nothing: the plain Secret takes what is sealed, and versions go with their last ReplicaSet.

use serde_json::json;

use super::{
    secret_stage::{Stage, rollout, rollout_ref},
    world::{sealed_ref, secret_ref},
};

#[tokio::test]
async fn point_01_opting_out_restarts_nothing_and_warns_of_a_rejected_version() {
    let stage = Stage::rejected().await;
    stage.reads("web", &[("db-v1", 2)]).await;
    let pods = stage.pods("web").await;
    let opt_out = json!({"metadata": {"annotations": {"waxwing.dev/canary": null}}});
    stage.world.patch(&sealed_ref("db"), opt_out).await;
    stage
        .until("the plain Secret takes it", async |stage: &Stage| {
            stage.value("db").await == "bad" && stage.promoted("db").await.is_empty()
        })
        .await;
    assert!(
        stage
            .reasons("db")
            .await
            .contains(&"SecretVersionApplies".to_owned())
    );
    stage.pass(40).await;
    assert_eq!(stage.pods("web").await, pods);
    assert_eq!(stage.revisions("web").await, [1, 2]);
    let plain = stage.get(&secret_ref("db")).await.unwrap();
    assert!(plain.annotations().is_empty(), "{plain:?}");
    // The next revision names the plain Secret.
    stage.apply(rollout("web", "i2", &["db"])).await;
    stage.rollout("web", "Healthy", "3").await;
    stage.reads("web", &[("db", 2)]).await;
    assert_eq!(stage.versions().await, ["db-v1=old", "db-v2=bad"]);
    let forget = json!({"spec": {"revisionHistoryLimit": 0}});
    stage.world.patch(&rollout_ref("web"), forget).await;
    stage
        .until("the versions go", async |stage: &Stage| {
            stage.versions().await.is_empty()
        })
        .await;
}
