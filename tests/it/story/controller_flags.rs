//! What each flag of the sealing controller changes, seen from the cluster.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use kube::Client;
use serde_json::{Value, json};
use waxwing::{
    cluster::Cluster,
    object::{Gvk, ObjectRef},
    seal::{DeprecatedData, Scope},
};

use super::server::sandbox_only;
use super::world::{World, condition_of, has, sealed, sealed_in, sealed_ref, secret_ref, settings};

/// Long enough for anything that would be done wrongly.
async fn a_moment() {
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn foreign(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop"},
        "data": {"mine": "a2VlcA=="}})
}

#[tokio::test]
async fn only_the_chosen_namespaces_are_worked_at() {
    let world = World::new().await;
    for name in ["other", "third"] {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        world.create(namespace).await;
    }
    let mut settings = settings();
    settings.namespaces = Some(vec!["other".to_owned(), "third".to_owned()]);
    let running = world.run_with(settings);
    let mut wide = sealed_in(Scope::ClusterWide, "db", &[("k", "v")]);
    for namespace in ["shop", "other", "third"] {
        wide["metadata"]["namespace"] = namespace.into();
        world.create(wide.clone()).await;
    }
    for namespace in ["other", "third"] {
        let secret = ObjectRef::new(Gvk::new("", "v1", "Secret"), Some(namespace), "db");
        world
            .until(&secret, |found| found.is_some_and(has("k", "v")))
            .await;
    }
    a_moment().await;
    assert_eq!(world.cluster.get(&secret_ref("db")).await, Ok(None));
    running.stop().await;
}

#[tokio::test]
async fn a_selector_chooses_and_a_conflict_out_of_its_sight_is_tried_again() {
    sandbox_only!();
    let world = World::new().await;
    let mut settings = settings();
    settings.sealed.labels = "team=a".to_owned();
    let running = world.run_with(settings);
    world.create(sealed("unchosen", &[("k", "v")])).await;
    world.create(foreign("db")).await;
    let mut chosen = sealed("db", &[("k", "v")]);
    chosen["metadata"]["labels"] = json!({"team": "a"});
    chosen["spec"]["template"]["metadata"]["labels"] = json!({"team": "a"});
    world.create(chosen).await;
    world
        .condition("db", "False", "not managed by SealedSecret")
        .await;
    // The foreign Secret has no such label, so nobody tells of its going.
    world.delete(&secret_ref("db")).await;
    let opened = async {
        while world
            .cluster
            .get(&secret_ref("db"))
            .await
            .unwrap()
            .is_none()
        {
            world.clock.advance(SignedDuration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), opened)
        .await
        .unwrap();
    world.condition("db", "True", "").await;
    assert_eq!(world.cluster.get(&secret_ref("unchosen")).await, Ok(None));
    running.stop().await;
}

#[tokio::test]
async fn without_the_watch_of_secrets_a_conflict_is_tried_again() {
    sandbox_only!();
    let world = World::new().await;
    let mut settings = settings();
    settings.sealed.decide.watches_secrets = false;
    let running = world.run_with(settings);
    world.create(foreign("taken")).await;
    world.create(sealed("taken", &[("k", "v")])).await;
    world
        .condition("taken", "False", "not managed by SealedSecret")
        .await;
    world.delete(&secret_ref("taken")).await;
    let opened = async {
        while world
            .cluster
            .get(&secret_ref("taken"))
            .await
            .unwrap()
            .is_none()
        {
            world.clock.advance(SignedDuration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), opened)
        .await
        .unwrap();
    running.stop().await;
}

#[tokio::test]
async fn without_status_the_secret_comes_and_the_status_stays_empty() {
    let world = World::new().await;
    let mut settings = settings();
    settings.sealed.decide.update_status = false;
    let running = world.run_with(settings);
    world.create(sealed("db", &[("k", "v")])).await;
    world.secret("db", has("k", "v")).await;
    a_moment().await;
    let found = world.cluster.get(&sealed_ref("db")).await.unwrap().unwrap();
    assert_eq!(found.at(&["status"]), None);
    running.stop().await;
}

#[tokio::test]
async fn the_old_collection_takes_the_secret_whoever_owns_it() {
    let world = World::new().await;
    let mut settings = settings();
    settings.sealed.old_gc_behavior = true;
    let running = world.run_with(settings);
    world.create(foreign("db")).await;
    world.create(sealed("db", &[("k", "v")])).await;
    world.condition("db", "False", "").await;
    world.delete(&sealed_ref("db")).await;
    world
        .until(&secret_ref("db"), |found| found.is_none())
        .await;
    running.stop().await;
}

#[tokio::test]
async fn the_deprecated_form_is_opened_unless_it_is_refused() {
    let world = World::new().await;
    let certificate = waxwing::seal::Certificate::from_pem(super::world::CERTIFICATE.as_bytes());
    let plain = json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"},
        "data": {"k": waxwing::api::base64::encode(b"v")}});
    let whole = waxwing::seal::seal_item(
        plain.to_string().as_bytes(),
        &certificate.unwrap(),
        Scope::Strict,
        "shop",
        "db",
    );
    let old = json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"data": whole.unwrap(), "encryptedData": {}}});
    let mut strict = settings();
    strict.sealed.decide.deprecated = DeprecatedData::Refuse;
    let running = world.run_with(strict);
    world.create(old).await;
    let refused = "using deprecated 'data' field, use 'encryptedData' or flip the feature flag";
    world.condition("db", "False", refused).await;
    running.stop().await;
    let running = world.run();
    world.secret("db", has("k", "v")).await;
    world.condition("db", "True", "").await;
    running.stop().await;
}

#[tokio::test]
async fn the_message_is_the_current_one_while_it_goes_on_to_fail() {
    let world = World::new().await;
    let running = world.run();
    let mut bad = sealed("db", &[("k", "v")]);
    bad["metadata"]["name"] = "copy".into();
    world.create(bad).await;
    world
        .condition("copy", "False", "no key could decrypt secret (k)")
        .await;
    let patch = json!({"spec": {"encryptedData": {"k": "not base64!"}}});
    world.patch(&sealed_ref("copy"), patch).await;
    world
        .condition("copy", "False", "illegal base64 data")
        .await;
    // An edit by hand of the status is no reason for it to stay wrong once anything else changes.
    let patch =
        json!({"spec": {"encryptedData": sealed("copy", &[("k", "v")])["spec"]["encryptedData"]}});
    world.patch(&sealed_ref("copy"), patch).await;
    world.condition("copy", "True", "").await;
    let found = world
        .cluster
        .get(&sealed_ref("copy"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(condition_of(&found)["message"], Value::Null);
    running.stop().await;
}

/// Answers writes with a conflict, so many times.
async fn conflicting(State(left): State<Arc<AtomicU64>>, request: Request, next: Next) -> Response {
    let writes = request.method() != Method::GET && !request.uri().path().contains("/events");
    let take = |left: u64| left.checked_sub(1);
    if writes
        && left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
            .is_ok()
    {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
            "reason": "Conflict", "code": 409, "message": "changed meanwhile"});
        return (StatusCode::CONFLICT, axum::Json(status)).into_response();
    }
    next.run(request).await
}

#[tokio::test]
async fn conflicts_are_tried_for_ever() {
    sandbox_only!();
    let world = World::new().await;
    let left = Arc::new(AtomicU64::new(0));
    let layer = from_fn_with_state(left.clone(), conflicting);
    let way = Cluster::new(Client::new(
        world.sandbox.controllers().layer(layer),
        "default",
    ));
    let running = world.run_through(way, settings());
    running.handle.keys.ready().await;
    left.store(25, Ordering::SeqCst);
    world.create(sealed("db", &[("k", "v")])).await;
    let opened = async {
        loop {
            let found = world.cluster.get(&sealed_ref("db")).await.unwrap().unwrap();
            if condition_of(&found)["status"] == "True" {
                return;
            }
            // The longest delay.
            world.clock.advance(SignedDuration::from_secs(300));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), opened)
        .await
        .unwrap();
    assert_eq!(left.load(Ordering::SeqCst), 0);
    world.secret("db", has("k", "v")).await;
    running.stop().await;
}
