//! While a new revision waits for a SealedSecret that nobody has looked at, everything else goes on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use kube::Client;
use serde_json::json;
use waxwing::cluster::Cluster;

use super::{
    secret_stage::{Stage, rollout, rollout_ref, world},
    world::settings,
};

/// Whether writes of what opens SealedSecrets are turned away.
type Shut = Arc<AtomicBool>;

async fn shut(State(shut): State<Shut>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_ours = path.ends_with("/secrets") || path.contains("/sealedsecrets/");
    if is_ours && *request.method() != Method::GET && shut.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

#[tokio::test]
async fn point_10_aborts_and_scaling_do_not_wait_for_a_sealed_secret() {
    let world = world().await;
    let flag = Shut::default();
    let way = world.sandbox.service();
    let way = way.layer(from_fn_with_state(flag.clone(), shut));
    let stage = Stage::on(world, Cluster::new(Client::new(way, "default")));
    stage.seal("old").await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.apply(rollout("web", "i2", &["db"])).await;
    stage.rollout("web", "Paused", "2").await;
    // A third revision is to come with a secret that nobody opens.
    flag.store(true, Ordering::SeqCst);
    stage.seal("new").await;
    stage.apply(rollout("web", "i3", &["db"])).await;
    stage.pass(4).await;
    assert_eq!(stage.revisions("web").await, [1, 2], "it waits");
    let more = json!({"spec": {"replicas": 6}});
    stage.world.patch(&rollout_ref("web"), more).await;
    stage.pass(2).await;
    let asked = stage.list("apps", "ReplicaSet").await;
    let asked: i64 = asked
        .iter()
        .filter_map(|set| set.at(&["spec", "replicas"])?.as_i64())
        .sum();
    assert!(asked >= 6, "{asked} pods are asked for");
    let web = stage.get(&rollout_ref("web")).await.unwrap();
    let observed = web.at(&["status", "observedGeneration"]).unwrap();
    assert_ne!(
        *observed,
        json!(web.generation().unwrap().to_string()),
        "what is asked for is not begun"
    );
    stage.abort("web").await;
    stage.pass(2).await;
    let web = stage.get(&rollout_ref("web")).await.unwrap();
    assert_eq!(web.at(&["status", "phase"]), Some(&json!("Degraded")));
    assert_eq!(stage.revisions("web").await, [1, 2], "it still waits");
    flag.store(false, Ordering::SeqCst);
    stage.rollout("web", "Paused", "3").await;
    stage.reads("web", &[("db-v1", 3), ("db-v2", 3)]).await;
}

#[tokio::test]
async fn point_10_without_a_status_nothing_waits_for_one() {
    let world = world().await;
    let way = world.cluster.clone();
    let mut settings = settings();
    settings.sealed.rollouts = true;
    settings.sealed.decide.update_status = false;
    let stage = Stage::with(world, way, settings);
    stage.seal("old").await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.apply(rollout("web", "i2", &["db"])).await;
    let seconds = stage
        .until("the second revision is made", async |stage: &Stage| {
            stage.revisions("web").await == [1, 2]
        })
        .await;
    assert!(seconds <= 4, "{seconds}");
    stage.seal("new").await;
    stage.apply(rollout("web", "i3", &["db"])).await;
    stage.rollout("web", "Healthy", "3").await;
    stage.reads("web", &[("db-v2", 2)]).await;
    assert_eq!(
        stage.revisions("web").await,
        [1, 2, 3],
        "one commit is one revision"
    );
}
