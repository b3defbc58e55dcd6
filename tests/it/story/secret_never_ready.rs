//! Canary pods that never start: the deadline stalls the version, and nobody else reads it.

use serde_json::json;

use super::{
    secret_stage::{Stage, opted_in, rollout},
    world::sealed,
};

#[tokio::test]
async fn point_08_canary_pods_that_never_start_stall_the_version() {
    let stage = Stage::new().await;
    stage
        .apply(opted_in(sealed("db", &[("k", "old"), ("needed", "x")])))
        .await;
    let mut web = rollout("web", "i", &[]);
    web["spec"]["progressDeadlineSeconds"] = 60.into();
    web["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "N", "valueFrom": {"secretKeyRef": {"name": "db", "key": "needed"}}}]);
    stage.apply(web).await;
    stage.rollout("web", "Healthy", "1").await;
    let mut new = opted_in(sealed("db", &[("k", "new")]));
    new["spec"]["encryptedData"]["needed"] = serde_json::Value::Null;
    stage.apply(new).await;
    stage
        .condition(
            "db",
            "Stalled: version 2 makes no progress in Rollout web, revision 2: ReplicaSet",
        )
        .await;
    stage.rollout("web", "Degraded", "2").await;
    assert_eq!(stage.value("db").await, "old");
    let version = stage.get(&super::world::secret_ref("db-v2")).await.unwrap();
    assert_eq!(version.annotation("waxwing.dev/rejected"), None);
}
