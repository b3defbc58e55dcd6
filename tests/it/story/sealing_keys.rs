//! Sealing keys come, go, and are made anew, while the controller runs.

use jiff::SignedDuration;
use serde_json::json;
use waxwing::{
    cluster::Selector,
    controller::{Settings, key_secret::KeySettings},
    object::{Gvk, Object, ObjectRef},
};

use super::server::sandbox_only;
use super::world::{CERTIFICATE, KEY, KEY_LABEL, World, ask, has, key_secret, sealed, secret_ref};
use waxwing::controller::serve::router;

fn small_keys() -> Settings {
    Settings {
        keys: KeySettings {
            bits: 2048,
            ..KeySettings::default()
        },
        ..Settings::default()
    }
}

#[expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]
async fn key_secrets(world: &World) -> Vec<Object> {
    let secrets = Gvk::new("", "v1", "Secret");
    let selector = Selector::labels(format!("{KEY_LABEL}=active"));
    let listed = world.cluster.list(&secrets, Some("kube-system"), &selector);
    listed.await.unwrap().objects
}

fn key_ref(name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "Secret"), Some("kube-system"), name)
}

#[tokio::test]
async fn the_first_key_is_made_and_its_certificate_served() {
    let world = World::without_keys().await;
    let running = world.run_with(small_keys());
    running.handle.keys.ready().await;
    let keys = key_secrets(&world).await;
    assert_eq!(keys.len(), 1);
    assert!(keys[0].name().starts_with("sealed-secrets-key"));
    let (code, served) = ask(
        router(running.handle.clone()),
        "GET",
        "/v1/cert.pem",
        String::new(),
    )
    .await;
    assert_eq!(code, 200);
    let kept = keys[0].at(&["data", "tls.crt"]).unwrap().as_str().unwrap();
    let kept = waxwing::api::base64::decode(kept).unwrap();
    assert_eq!(served.as_bytes(), kept);
    running.stop().await;
    // Started again, it takes the same key.
    let again = world.run_with(small_keys());
    again.handle.keys.ready().await;
    assert_eq!(key_secrets(&world).await.len(), 1);
    again.stop().await;
}

#[tokio::test]
async fn a_key_is_renewed_when_it_is_old_and_when_told() {
    // No real control plane waits for a month.
    sandbox_only!();
    let world = World::without_keys().await;
    let running = world.run_with(small_keys());
    running.handle.keys.ready().await;
    running.counted("sealing_keys{state=\"loaded\"}", 1).await;
    world.clock.advance(SignedDuration::from_hours(719));
    running.handle.renew_key();
    running.counted("sealing_keys{state=\"loaded\"}", 2).await;
    // The age of the new one counts from now.
    world.clock.advance(SignedDuration::from_hours(719));
    assert_eq!(running.figure("sealing_keys{state=\"loaded\"}"), 2);
    world.clock.advance(SignedDuration::from_hours(1));
    running.counted("sealing_keys{state=\"loaded\"}", 3).await;
    assert_eq!(key_secrets(&world).await.len(), 3);
    running.stop().await;
}

#[tokio::test]
async fn a_bad_key_is_skipped_and_told_and_the_others_go_on() {
    let world = World::new().await;
    world
        .create(key_secret("bad", "garbage", CERTIFICATE))
        .await;
    let running = world.run();
    world.create(sealed("db", &[("k", "v")])).await;
    world.secret("db", has("k", "v")).await;
    running.counted("sealing_keys{state=\"invalid\"}", 1).await;
    running.counted("sealing_keys{state=\"loaded\"}", 1).await;
    let told = (
        "SealingKeyInvalid".to_owned(),
        "sealing key cannot be used: data does not contain a valid RSA private key".to_owned(),
    );
    assert_eq!(world.events("bad").await, [told]);
    world.delete(&key_ref("bad")).await;
    let search = async {
        while running.figure("sealing_keys{state=\"invalid\"}") > 0 {
            tokio::task::yield_now().await;
        }
    };
    search.await;
    running.stop().await;
}

#[tokio::test]
async fn a_key_that_comes_later_opens_what_had_failed_and_one_that_goes_opens_no_more() {
    let world = World::without_keys().await;
    let running = world.run_with(small_keys());
    running.handle.keys.ready().await;
    world.create(sealed("db", &[("k", "v")])).await;
    world
        .condition("db", "False", "no key could decrypt secret (k)")
        .await;
    world.create(key_secret("late", KEY, CERTIFICATE)).await;
    world.condition("db", "True", "").await;
    world.secret("db", has("k", "v")).await;
    let patch = json!({"metadata": {"labels": {KEY_LABEL: "compromised"}}});
    world.patch(&key_ref("late"), patch).await;
    let search = async {
        while running.figure("sealing_keys{state=\"loaded\"}") > 1 {
            tokio::task::yield_now().await;
        }
    };
    search.await;
    world.create(sealed("new", &[("k", "v")])).await;
    world
        .condition("new", "False", "no key could decrypt secret (k)")
        .await;
    assert!(
        world
            .cluster
            .get(&secret_ref("db"))
            .await
            .unwrap()
            .is_some()
    );
    running.stop().await;
}

#[tokio::test]
async fn the_unlabelled_secret_of_old_is_loaded() {
    let world = World::without_keys().await;
    let mut old = key_secret("sealed-secrets-key", KEY, CERTIFICATE);
    old["metadata"]["labels"] = json!({});
    world.create(old).await;
    let running = world.run();
    world.create(sealed("db", &[("k", "v")])).await;
    world.secret("db", has("k", "v")).await;
    assert!(key_secrets(&world).await.is_empty());
    running.stop().await;
}
