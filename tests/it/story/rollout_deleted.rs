//! A Rollout deleted midway leaves nothing behind but what was there before it.

use waxwing::object::Gvk;

use crate::rollout::{Stage, half_for_a_minute, rollout_ref, service_ref};

#[tokio::test(start_paused = true)]
async fn what_it_made_goes_with_it() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage.image("demo:2").await;
    stage.go_to(20).await;
    stage.delete(&rollout_ref()).await;
    stage.go_to(60).await;
    for kind in [
        Gvk::new("apps", "v1", "ReplicaSet"),
        Gvk::new("", "v1", "Pod"),
    ] {
        assert!(stage.list(&kind).await.is_empty(), "{kind}");
    }
    assert!(stage.runs().await.is_empty());
    assert!(stage.get(&service_ref("stable")).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_replica_set_without_an_owner_is_adopted() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    let sets = Gvk::new("apps", "v1", "ReplicaSet");
    let target = stage.list(&sets).await[0].reference();
    let orphan = serde_json::json!({"metadata": {"ownerReferences": null}});
    stage.patch(&target, orphan).await;
    let nudge = serde_json::json!({"metadata": {"annotations": {"nudge": "1"}}});
    stage.patch(&rollout_ref(), nudge).await;
    stage.go_to(5).await;
    let sets = stage.list(&sets).await;
    assert_eq!(sets.len(), 1);
    let owners = sets[0].at(&["metadata", "ownerReferences"]).unwrap();
    assert_eq!(owners[0]["name"], "demo");
    assert_eq!(stage.told().await.0, "Healthy");
}
