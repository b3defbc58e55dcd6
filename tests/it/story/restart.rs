//! A controller that starts again changes nothing, and opens nothing that was not touched.

use std::sync::{Arc, Mutex};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http::Method;
use kube::Client;
use serde_json::json;
use waxwing::{api::base64, cluster::Cluster};

use super::{
    secret_stage::opted_in,
    world::{World, has, sealed, sealed_ref, secret_ref, settings},
};

type Asked = Arc<Mutex<Vec<String>>>;

async fn noted(State(asked): State<Asked>, request: Request, next: Next) -> Response {
    let line = format!("{} {}", request.method(), request.uri().path());
    if *request.method() != Method::GET || line.contains("/secrets/") {
        asked.lock().unwrap().push(line);
    }
    next.run(request).await
}

/// A way that remembers the writes, and the reads of single Secrets.
fn watched_way(world: &World) -> (Cluster, Asked) {
    let asked = Asked::default();
    let service = world
        .sandbox
        .controllers()
        .layer(from_fn_with_state(asked.clone(), noted));
    (Cluster::new(Client::new(service, "default")), asked)
}

const SECRETS: u64 = 20;

#[tokio::test]
async fn a_restart_writes_nothing() {
    let world = World::new().await;
    let running = world.run();
    for number in 0..SECRETS {
        world
            .create(sealed(&format!("s{number}"), &[("k", "v")]))
            .await;
    }
    let mut copy = sealed("db", &[("k", "v")]);
    copy["metadata"]["name"] = "copy".into();
    world.create(copy).await;
    for number in 0..SECRETS {
        world.condition(&format!("s{number}"), "True", "").await;
    }
    world.condition("copy", "False", "").await;
    running.stop().await;
    let before = world.version().await;
    for _ in 0..2 {
        let again = world.run();
        // Only the one that could not be opened is tried again.
        again.counted("unseal_requests_total", 1).await;
        again.stop().await;
        assert_eq!(world.version().await, before);
    }
}

#[tokio::test]
async fn a_restart_with_opted_in_secrets_uses_no_private_key_and_writes_nothing() {
    let world = World::new().await;
    let mut chosen = settings();
    chosen.sealed.rollouts = true;
    let running = world.run_with(chosen.clone());
    for number in 0..SECRETS {
        let name = format!("s{number}");
        world
            .create(opted_in(sealed(&name, &[("k", "v"), ("l", "w")])))
            .await;
    }
    for number in 0..SECRETS {
        let sealed = sealed_ref(&format!("s{number}"));
        let is_promoted = |found: Option<&waxwing::object::Object>| {
            let text = found.map(|found| found.to_value().to_string());
            text.is_some_and(|text| text.contains("version 1 is promoted"))
        };
        world.until(&sealed, is_promoted).await;
    }
    let tries = running.handle.keys.with(|ring| ring.tries());
    assert!(tries >= 2 * SECRETS, "{tries}");
    // One that cannot be opened is tried again at each start: that tells when all have been looked at.
    let mut copy = sealed("db", &[("k", "v")]);
    copy["metadata"]["name"] = "copy".into();
    world.create(copy).await;
    world.condition("copy", "False", "").await;
    running.stop().await;
    let before = world.version().await;
    for _ in 0..2 {
        let again = world.run_with(chosen.clone());
        again.counted("unseal_requests_total", 1).await;
        let keys = again.handle.keys.clone();
        again.stop().await;
        // Its one item, with the one key.
        assert_eq!(keys.with(|ring| ring.tries()), 1);
        assert_eq!(world.version().await, before);
    }
}

#[tokio::test]
async fn a_restart_opens_only_what_was_touched_and_reads_each_secret_once() {
    let world = World::new().await;
    let running = world.run();
    for number in 0..SECRETS {
        let name = format!("s{number}");
        world.create(sealed(&name, &[("k", "v")])).await;
        world.condition(&name, "True", "").await;
    }
    running.stop().await;
    // While nobody looks one Secret is changed, one is deleted, and one SealedSecret is sealed anew.
    let changed = json!({"data": {"k": base64::encode(b"other")}});
    world.patch(&secret_ref("s1"), changed).await;
    world.delete(&secret_ref("s2")).await;
    let anew = sealed("s3", &[("k", "new")]);
    let patch = json!({"spec": {"encryptedData": anew["spec"]["encryptedData"]}});
    world.patch(&super::world::sealed_ref("s3"), patch).await;
    let (way, asked) = watched_way(&world);
    let again = world.run_through(way, settings());
    world.secret("s1", has("k", "v")).await;
    world.secret("s2", has("k", "v")).await;
    world.secret("s3", has("k", "new")).await;
    world.condition("s3", "True", "").await;
    // One that is new is the last that is looked at.
    world.create(sealed("last", &[("k", "v")])).await;
    world.condition("last", "True", "").await;
    assert_eq!(again.figure("unseal_requests_total"), 4);
    again.stop().await;
    let asked = asked.lock().unwrap();
    for number in [0].into_iter().chain(4..SECRETS) {
        let path = format!("/secrets/s{number}");
        let about: Vec<&String> = asked.iter().filter(|line| line.ends_with(&path)).collect();
        assert!(about.len() <= 1, "{about:?}");
        assert!(
            about.iter().all(|line| line.starts_with("GET")),
            "{about:?}"
        );
    }
}

#[tokio::test]
async fn the_first_start_after_another_controller_opens_each_once() {
    let world = World::new().await;
    let running = world.run();
    for number in 0..SECRETS {
        let name = format!("s{number}");
        world.create(sealed(&name, &[("k", "v")])).await;
        world.condition(&name, "True", "").await;
        // As the original would have written it.
        let found = world
            .cluster
            .get(&secret_ref(&name))
            .await
            .unwrap()
            .unwrap();
        let mut written = found.clone();
        written.set(&["data", "k"], base64::encode(b"w").into());
        world.cluster.replace(&written).await.unwrap();
        world.secret(&name, has("k", "v")).await;
        let ours = world
            .cluster
            .get(&secret_ref(&name))
            .await
            .unwrap()
            .unwrap();
        let mut theirs = ours.clone();
        theirs.set(
            &["metadata", "managedFields"],
            json!([{"manager": "controller",
            "operation": "Update", "apiVersion": "v1", "time": "2030-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {".": {}, "f:k": {}}}}]),
        );
        world.cluster.replace(&theirs).await.unwrap();
    }
    running.stop().await;
    let before = world.version().await;
    let again = world.run();
    again.counted("unseal_requests_total", SECRETS).await;
    assert_eq!(again.figure("unseal_requests_total"), SECRETS);
    again.stop().await;
    assert_eq!(
        world.version().await,
        before,
        "what is right is not written"
    );
}

#[tokio::test]
async fn the_news_of_our_own_writes_cost_no_second_opening() {
    let world = World::new().await;
    let running = world.run();
    for number in 0..SECRETS {
        let name = format!("s{number}");
        world.create(sealed(&name, &[("k", "v")])).await;
        world.condition(&name, "True", "").await;
    }
    assert_eq!(running.figure("unseal_requests_total"), SECRETS);
    running.stop().await;
}
