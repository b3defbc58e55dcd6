//! The controllers are killed after every single write of the secret story, and started again: the end is the same.
//!
//! A read changes nothing, so that being killed at a read is being killed at the next write.

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
use kube::Client;
use waxwing::cluster::Cluster;

use super::{
    secret_stage::{Stage, rollout, world},
    world::World,
};

/// How many tests share the writes among them, so that they run beside each other.
const SHARES: i64 = 4;

/// More writes than the story has; where a countdown does not end, all were tried.
const MOST_WRITES: i64 = 400;

/// Writes until the controllers are killed; below zero they are dead, and no call of theirs arrives any more.
type Countdown = Arc<AtomicI64>;

async fn dying(State(countdown): State<Countdown>, request: Request, next: Next) -> Response {
    let is_write = *request.method() != Method::GET;
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

/// Runs the story, killing the controllers after so many writes; says how it ended, and whether they were killed.
async fn story(writes: i64) -> (String, bool) {
    let countdown = Countdown::new(AtomicI64::new(writes));
    let world = world().await;
    let layer = from_fn_with_state(countdown.clone(), dying);
    let way = Cluster::new(Client::new(world.sandbox.service().layer(layer), "default"));
    let stage = Stage::on(again(&world), way);
    stage.seal("old").await;
    stage.apply(quick()).await;
    let mut sealed = false;
    for _ in 0..60 {
        stage.pass(1).await;
        if countdown.load(Ordering::SeqCst) <= 0 {
            break;
        }
        if !sealed
            && stage
                .promoted("db")
                .await
                .starts_with("Promoted: version 1")
            && stage.readers("web").await.len() == 1
        {
            stage.seal("new").await;
            sealed = true;
        }
        if sealed
            && stage
                .promoted("db")
                .await
                .starts_with("Promoted: version 2")
        {
            break;
        }
    }
    let is_killed = countdown.load(Ordering::SeqCst) <= 0;
    countdown.store(i64::MIN / 2, Ordering::SeqCst);
    drop(stage);
    let cluster = world.cluster.clone();
    let stage = Stage::on(world, cluster);
    if !sealed {
        stage.rollout("web", "Healthy", "1").await;
        stage.seal("new").await;
    }
    (end(&stage).await, is_killed)
}

async fn share(number: i64) {
    let (whole, _) = story(MOST_WRITES * 10).await;
    let mut writes = number + 1;
    loop {
        let (end, is_killed) = story(writes).await;
        assert_eq!(end, whole, "killed after {writes} writes");
        if !is_killed {
            return;
        }
        assert!(writes < MOST_WRITES);
        writes += SHARES;
    }
}

#[tokio::test]
async fn point_12_killed_after_any_write_1() {
    share(0).await;
}

#[tokio::test]
async fn point_12_killed_after_any_write_2() {
    share(1).await;
}

#[tokio::test]
async fn point_12_killed_after_any_write_3() {
    share(2).await;
}

#[tokio::test]
async fn point_12_killed_after_any_write_4() {
    share(3).await;
}
