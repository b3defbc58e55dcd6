//! The life of a sealing key: staged, current, retired, compromised; obeyed while the controller runs.

use jiff::SignedDuration;
use serde_json::{Value, json};
use waxwing::{
    api::base64,
    cluster::Selector,
    controller::{Settings, serve::router},
    object::{Gvk, Object, ObjectRef},
};

use super::server::sandbox_only;
use super::world::{
    CERTIFICATE, KEY, KEY_LABEL, Running, World, ask, has, key_secret, sealed, settings,
};

const STATE: &str = "waxwing.dev/key-state";
const FROM: &str = "waxwing.dev/current-from";
const BACKED_UP: &str = "waxwing.dev/backed-up-at";
const OTHER_KEY: &str = include_str!("../../vectors/kubeseal/keys/primary.key");
const OTHER_CERTIFICATE: &str = include_str!("../../vectors/kubeseal/keys/primary.crt");

fn with_grace(hours: i64) -> Settings {
    let mut settings = settings();
    settings.keys.bits = 2048;
    settings.keys.grace = SignedDuration::from_hours(hours);
    settings
}

fn key_ref(name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "Secret"), Some("kube-system"), name)
}

#[expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]
async fn made(world: &World, count: usize) -> Vec<Object> {
    let secrets = Gvk::new("", "v1", "Secret");
    let ours = Selector::labels(STATE);
    let listed = world.cluster.list(&secrets, Some("kube-system"), &ours);
    let mut found = listed.await.unwrap().objects;
    found.sort_by_key(|secret| {
        secret
            .at(&["metadata", "creationTimestamp"])
            .map(Value::to_string)
    });
    assert_eq!(found.len(), count);
    found
}

async fn served(running: &Running) -> String {
    let routes = router(running.handle.clone());
    ask(routes, "GET", "/v1/cert.pem", String::new()).await.1
}

#[expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]
fn certificate(secret: &Object) -> String {
    let text = secret.at(&["data", "tls.crt"]).and_then(Value::as_str);
    String::from_utf8(base64::decode(text.unwrap()).unwrap()).unwrap()
}

async fn in_state(world: &World, name: &str, state: &str) {
    let is_so =
        |found: Option<&Object>| found.is_some_and(|secret| secret.label(STATE) == Some(state));
    world.until(&key_ref(name), is_so).await;
}

/// Waits until a certificate is served.
async fn serves(running: &Running, certificate: &str) {
    let search = async {
        while served(running).await != certificate {
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(std::time::Duration::from_secs(20), search).await;
    assert!(found.is_ok(), "the certificate is never served");
}

#[tokio::test]
async fn a_new_key_opens_at_once_and_is_sealed_for_after_its_grace() {
    // No real control plane waits for a day.
    sandbox_only!();
    let world = World::new().await;
    let running = world.run_with(with_grace(24));
    running.handle.keys.ready().await;
    running.handle.renew_key();
    running.counted("sealing_keys{state=\"loaded\"}", 2).await;
    let first = &made(&world, 1).await[0];
    assert_eq!(first.label(STATE), Some("staged"));
    assert_eq!(first.label(KEY_LABEL), Some("active"));
    assert_eq!(first.annotation(FROM), Some("2030-01-02T00:00:00Z"));
    assert_eq!(served(&running).await, CERTIFICATE);
    world
        .clock
        .advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    assert_eq!(served(&running).await, CERTIFICATE);
    world.clock.advance(SignedDuration::from_secs(1));
    in_state(&world, first.name(), "current").await;
    serves(&running, &certificate(first)).await;
    let now = world
        .cluster
        .get(&key_ref(first.name()))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now.annotation(FROM), None);
    // The key that somebody else made keeps its labels.
    let theirs = world
        .cluster
        .get(&key_ref("key-of-tests"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(theirs.label(STATE), None);
    // The next one follows it, and only then is it retired; it goes on to open.
    running.handle.renew_key();
    running.counted("sealing_keys{state=\"loaded\"}", 3).await;
    assert_eq!(served(&running).await, certificate(first));
    world.clock.advance(SignedDuration::from_hours(24));
    in_state(&world, first.name(), "retired").await;
    let kept = world
        .cluster
        .get(&key_ref(first.name()))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.label(KEY_LABEL), Some("active"));
    let second = &made(&world, 2).await[1];
    in_state(&world, second.name(), "current").await;
    serves(&running, &certificate(second)).await;
    assert_eq!(running.handle.keys.with(|ring| ring.len()), 3);
    running.stop().await;
}

#[tokio::test]
async fn a_first_key_does_not_wait() {
    let world = World::without_keys().await;
    let running = world.run_with(with_grace(24));
    running.handle.keys.ready().await;
    let first = &made(&world, 1).await[0];
    assert_eq!(first.label(STATE), Some("current"));
    assert_eq!(served(&running).await, certificate(first));
    running.stop().await;
}

#[tokio::test]
async fn a_retired_key_is_not_sealed_for_and_can_come_back() {
    let world = World::new().await;
    let running = world.run_with(with_grace(0));
    running.handle.keys.ready().await;
    running.handle.renew_key();
    running.counted("sealing_keys{state=\"loaded\"}", 2).await;
    let newer = &made(&world, 1).await[0];
    serves(&running, &certificate(newer)).await;
    let label = |state: &str| json!({"metadata": {"labels": {STATE: state}}});
    world.patch(&key_ref(newer.name()), label("retired")).await;
    serves(&running, CERTIFICATE).await;
    world.patch(&key_ref(newer.name()), label("current")).await;
    serves(&running, &certificate(newer)).await;
    assert_eq!(made(&world, 1).await.len(), 1, "nothing was made meanwhile");
    running.stop().await;
}

#[tokio::test]
async fn a_compromised_key_opens_no_more_and_the_original_is_told() {
    let world = World::new().await;
    let running = world.run_with(with_grace(24));
    running.handle.keys.ready().await;
    let patch = json!({"metadata": {"labels": {STATE: "compromised"},
        "annotations": {"waxwing.dev/key-state-reason": "lost laptop"}}});
    world.patch(&key_ref("key-of-tests"), patch).await;
    let found = world
        .until(&key_ref("key-of-tests"), |found| {
            found.is_some_and(|secret| secret.label(KEY_LABEL) == Some("compromised"))
        })
        .await
        .unwrap();
    assert_eq!(found.label(STATE), Some("compromised"));
    assert_eq!(
        found.annotation("waxwing.dev/key-state-reason"),
        Some("lost laptop")
    );
    // Nothing is left to seal for: the next key does not wait.
    let search = async {
        while !served(&running).await.starts_with("-----BEGIN")
            || served(&running).await == CERTIFICATE
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), search)
        .await
        .unwrap();
    world.create(sealed("db", &[("k", "v")])).await;
    world
        .condition("db", "False", "no key could decrypt secret (k)")
        .await;
    running.stop().await;
}

#[tokio::test]
async fn a_first_key_is_waited_for_where_one_is_expected() {
    let world = World::without_keys().await;
    let mut settings = settings();
    settings.keys.waits_for_first = true;
    settings.keys.bits = 2048;
    let running = world.run_with(settings);
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert!(!running.handle.keys.is_ready());
    let routes = router(running.handle.clone());
    assert_eq!(ask(routes, "GET", "/readyz", String::new()).await.0, 503);
    made(&world, 0).await;
    // Restored from a backup, it is taken up at once, and what waited is opened.
    world.create(sealed("db", &[("k", "v")])).await;
    world.create(key_secret("restored", KEY, CERTIFICATE)).await;
    world.secret("db", has("k", "v")).await;
    made(&world, 0).await;
    // With one, renewal goes on as usual.
    running.handle.renew_key();
    running.counted("sealing_keys{state=\"loaded\"}", 2).await;
    running.stop().await;
}

#[tokio::test]
async fn a_cutoff_makes_one_key_and_no_more() {
    let world = World::new().await;
    let mut settings = with_grace(0);
    // A cutoff of the future: every key is older than it.
    settings.keys.cutoff = Some("2040-01-01T00:00:00Z".parse().unwrap());
    let running = world.run_with(settings.clone());
    running.counted("sealing_keys{state=\"loaded\"}", 2).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    made(&world, 1).await;
    running.stop().await;
    settings.keys.cutoff = Some("2029-01-01T00:00:00Z".parse().unwrap());
    let running = world.run_with(settings);
    running.handle.keys.ready().await;
    running.counted("sealing_keys{state=\"loaded\"}", 2).await;
    made(&world, 1).await;
    running.stop().await;
}

#[tokio::test]
async fn order_is_by_certificate_or_by_age_of_the_secret() {
    sandbox_only!();
    use waxwing::controller::key_secret::KeyOrder;
    for (order, expected) in [
        (KeyOrder::CertNotBefore, CERTIFICATE),
        (KeyOrder::SecretCreationTimestamp, OTHER_CERTIFICATE),
    ] {
        let world = World::new().await;
        world.clock.advance(SignedDuration::from_hours(1));
        // Brought along, PKCS#8 and of another length: its certificate is older, its Secret younger.
        world
            .create(key_secret("brought", OTHER_KEY, OTHER_CERTIFICATE))
            .await;
        let mut settings = settings();
        settings.keys.order = order;
        let running = world.run_with(settings);
        running.counted("sealing_keys{state=\"loaded\"}", 2).await;
        running.handle.keys.ready().await;
        assert_eq!(served(&running).await, expected, "{order:?}");
        running.stop().await;
    }
}

#[tokio::test]
async fn figures_tell_age_use_and_backup_of_the_keys() {
    let world = World::new().await;
    let running = world.run();
    running.handle.keys.ready().await;
    world.create(sealed("db", &[("k", "v"), ("l", "w")])).await;
    world.create(sealed("gone", &[("k", "v")])).await;
    let mut copy = sealed("db", &[("k", "v")]);
    copy["metadata"]["name"] = "copy".into();
    world.create(copy).await;
    for (name, status) in [("db", "True"), ("gone", "True"), ("copy", "False")] {
        world.condition(name, status, "").await;
    }
    let print = running
        .handle
        .keys
        .with(|ring| ring.keys().next().map(|(key, _)| key.fingerprint()));
    let items = |label: &str| format!("sealing_key_items{{fingerprint=\"{label}\"}}");
    let print = print.unwrap().to_string();
    running.counted(&items(&print), 3).await;
    running.counted(&items("none"), 1).await;
    assert_eq!(running.figure("sealing_keys_not_backed_up"), 1);
    world.delete(&super::world::sealed_ref("gone")).await;
    let search = async {
        while running.figure(&items(&print)) != 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), search)
        .await
        .unwrap();
    // As `waxwing key backup` leaves it.
    let at = world.clock.now() - SignedDuration::from_secs(90);
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let patch = json!({"metadata": {"annotations": {BACKED_UP: at}}});
    world.patch(&key_ref("key-of-tests"), patch).await;
    let backup = format!(
        "sealing_key_backup_timestamp_seconds{{fingerprint=\"{print}\",secret=\"key-of-tests\"}}"
    );
    running.counted(&backup, 1).await;
    assert_eq!(running.figure("sealing_keys_not_backed_up"), 0);
    let metrics = waxwing::controller::serve::metrics_router(running.handle.clone());
    let (code, _) = ask(metrics, "GET", "/metrics", String::new()).await;
    assert_eq!(code, 200);
    let age = running.figure("sealing_keys_backup_age_seconds");
    assert!((90..120).contains(&age), "{age}");
    let info = format!(
        "sealing_key_info{{fingerprint=\"{print}\",secret=\"key-of-tests\",state=\"active\",current=\"true\"}}"
    );
    assert_eq!(running.figure(&info), 1);
    running.stop().await;
}
