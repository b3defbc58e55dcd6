//! The controllers are killed after every single write of the secret story, and started again: the end is the same.
//!
//! A read changes nothing, so that being killed at a read is being killed at the write before. Events decide nothing
//! either, and are not counted.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use kube::Client;
use waxwing::cluster::Cluster;

use super::{
    secret_stage::{Stage, rollout, world},
    world::World,
};

/// More lives than the story needs.
const MOST_LIVES: usize = 400;

/// More seconds than pass between two writes.
const MOST_SECONDS: usize = 60;

/// Writes until the controllers are killed; below zero they are dead, and no call of theirs arrives any more.
type Countdown = Arc<AtomicI64>;

async fn dying(State(countdown): State<Countdown>, request: Request, next: Next) -> Response {
    let is_event = request.uri().path().ends_with("/events");
    let is_write = *request.method() != Method::GET && !is_event;
    let left = if is_write {
        countdown.fetch_sub(1, Ordering::SeqCst)
    } else {
        countdown.load(Ordering::SeqCst)
    };
    if left <= 0 {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

/// A second handle on the same server.
fn again(world: &World) -> World {
    World {
        sandbox: world.sandbox.clone(),
        cluster: world.cluster.clone(),
        controllers: world.controllers.clone(),
        clock: world.clock.clone(),
        pace: world.pace.clone(),
    }
}

fn quick() -> serde_json::Value {
    let mut web = rollout("web", "i", &["db"]);
    web["spec"]["strategy"]["canary"]["steps"] = serde_json::json!([{"setWeight": 50}]);
    web["spec"]["template"]["metadata"]["annotations"] =
        serde_json::json!({"sandbox.waxwing.dev/ready-after": "1s"});
    web
}

/// The end of the story, as it must be.
async fn end(stage: &Stage) -> String {
    stage.condition("db", "Promoted: version 2").await;
    stage.rollout("web", "Healthy", "2").await;
    stage.reads("web", &[("db-v2", 2)]).await;
    stage.calm().await;
    let versions = stage.versions().await;
    let mut marks = Vec::new();
    for secret in stage.list("", "Secret").await {
        marks.push((
            secret.name().to_owned(),
            format!("{:?} {:?}", secret.labels(), {
                let mut annotations: Vec<String> = secret
                    .annotations()
                    .keys()
                    .map(ToString::to_string)
                    .collect();
                annotations.sort();
                annotations
            }),
        ));
    }
    let (plain, revisions) = (stage.value("db").await, stage.revisions("web").await);
    format!("{versions:?} {plain} {revisions:?} {marks:?}")
}

#[tokio::test]
async fn point_12_killed_after_every_single_write_it_ends_in_the_same_state() {
    let stage = Stage::new().await;
    stage.seal("old").await;
    stage.apply(quick()).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal("new").await;
    let whole = end(&stage).await;
    drop(stage);

    let world = world().await;
    let mut is_begun = false;
    let mut is_sealed = false;
    let mut lives = 0;
    loop {
        lives += 1;
        assert!(lives < MOST_LIVES);
        let countdown = Countdown::new(AtomicI64::new(1));
        let layer = from_fn_with_state(countdown.clone(), dying);
        let way = Cluster::new(Client::new(
            world.sandbox.controllers().layer(layer),
            "default",
        ));
        let stage = Stage::on(again(&world), way);
        if !is_begun {
            stage.seal("old").await;
            stage.apply(quick()).await;
            is_begun = true;
        }
        let mut is_killed = false;
        for _ in 0..MOST_SECONDS {
            stage.calm().await;
            is_killed = countdown.load(Ordering::SeqCst) <= 0;
            if is_killed {
                break;
            }
            if !is_sealed && stage.is_healthy("web").await {
                stage.seal("new").await;
                is_sealed = true;
            }
            stage.world.clock.advance(SignedDuration::from_secs(1));
        }
        countdown.store(i64::MIN / 2, Ordering::SeqCst);
        if !is_killed {
            break;
        }
    }
    assert!(is_sealed && lives > 20, "{lives} lives");
    let cluster = world.controllers.clone();
    let stage = Stage::on(world, cluster);
    assert_eq!(end(&stage).await, whole);
}
