//! The API server fails at any call: the controller goes on, and ends where it would have ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::Request,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use jiff::SignedDuration;
use kube::Client;
use waxwing::cluster::Cluster;

use super::world::{World, condition_of, has, sealed, sealed_ref, secret_ref, settings};

/// How many calls one SealedSecret costs, and one more: read, create, event, status.
const CALLS: i64 = 5;

/// Calls until the next failure; below zero nothing fails any more.
type Countdown = Arc<AtomicI64>;

async fn failing(
    axum::extract::State(countdown): axum::extract::State<Countdown>,
    request: Request,
    next: Next,
) -> Response {
    let is_watch = request
        .uri()
        .query()
        .is_some_and(|query| query.contains("watch="));
    if !is_watch && countdown.fetch_sub(1, Ordering::SeqCst) == 0 {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

/// A way to the server of a world that fails when the countdown is over.
fn way(world: &World, countdown: &Countdown) -> Cluster {
    let layer = from_fn_with_state(countdown.clone(), failing);
    Cluster::new(Client::new(
        world.sandbox.controllers().layer(layer),
        "default",
    ))
}

#[tokio::test]
async fn a_failure_at_any_call_ends_in_the_same_state() {
    let world = World::new().await;
    let countdown = Countdown::new(AtomicI64::new(-1));
    let running = world.run_through(way(&world, &countdown), settings());
    running.handle.keys.ready().await;
    for call in 0..CALLS {
        let name = format!("s{call}");
        countdown.store(call, Ordering::SeqCst);
        world.create(sealed(&name, &[("k", "v")])).await;
        let opened = async {
            loop {
                let sealed = world
                    .cluster
                    .get(&sealed_ref(&name))
                    .await
                    .unwrap()
                    .unwrap();
                if condition_of(&sealed)["status"] == "True" {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
                world.clock.advance(SignedDuration::from_secs(1));
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), opened).await;
        assert!(found.is_ok(), "call {call} was never made up for");
        let secret = world
            .cluster
            .get(&secret_ref(&name))
            .await
            .unwrap()
            .unwrap();
        assert!(has("k", "v")(&secret));
    }
    running.stop().await;
}

#[tokio::test]
async fn what_failed_is_tried_again_when_the_clock_says_so_and_not_before() {
    let world = World::new().await;
    let countdown = Countdown::new(AtomicI64::new(-1));
    let running = world.run_through(way(&world, &countdown), settings());
    running.handle.keys.ready().await;
    // The create fails, for the read comes first.
    countdown.store(1, Ordering::SeqCst);
    world.create(sealed("db", &[("k", "v")])).await;
    let update = "unseal_errors_total{reason=\"update\",namespace=\"shop\"}";
    running.counted(update, 1).await;
    world.clock.advance(SignedDuration::from_millis(499));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.cluster.get(&secret_ref("db")).await, Ok(None));
    assert_eq!(running.figure("unseal_requests_total"), 1);
    world.clock.advance(SignedDuration::from_millis(1));
    world.condition("db", "True", "").await;
    running.stop().await;
}
