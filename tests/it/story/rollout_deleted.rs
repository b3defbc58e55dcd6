//! A Rollout deleted midway leaves nothing behind but what was there before it.

use waxwing::object::Gvk;

use crate::rollout::stage::{Stage, half_for_a_minute, rollout_ref, service_ref};

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
