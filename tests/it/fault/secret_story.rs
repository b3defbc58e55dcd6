//! A secret is delivered as a canary and promoted, whatever happens on the way to the API server.

use std::time::Duration;

use kube::Client;
use waxwing::cluster::Cluster;

use super::{Fault, Proxy, seed};
use crate::story::{
    leak::{Log, forms},
    secret_stage::{Stage, rollout, world},
};

const OLD: &str = "canary-51c0-old-value-of-a-secret";
const NEW: &str = "canary-51c0-new-value-of-a-secret";

/// How long a story may take by the machine's clock.
const MOST: Duration = Duration::from_secs(120);

async fn told(faults: &[Fault], seed: u64) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = world().await;
    let proxy = Proxy::new(seed, faults);
    let way = proxy.before(world.sandbox.controllers());
    let mut stage = Stage::on(world, Cluster::new(Client::new(way, "default")));
    stage.lag = Duration::from_millis(15);
    stage.seal(OLD).await;
    let mut web = rollout("web", "i", &["db"]);
    // A slow network must not look like pods that never start.
    web["spec"]["progressDeadlineSeconds"] = 100_000.into();
    stage.apply(web).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal(NEW).await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    proxy.be_quiet();
    stage.pass(5).await;

    // Nothing is lost, nothing is done twice.
    let versions = [format!("db-v1={OLD}"), format!("db-v2={NEW}*")];
    assert_eq!(stage.versions().await, versions);
    assert_eq!(stage.value("db").await, NEW);
    assert_eq!(stage.revisions("web").await, [1, 2]);
    stage.reads("web", &[("db-v2", 2)]).await;
    let made = proxy.made("secrets");
    let expected = ["db", "db-v1", "db-v2"].map(|name| (name.to_owned(), 1));
    assert_eq!(made, expected.into(), "seed {seed}");
    let sets = proxy.made("replicasets");
    assert!(
        sets.len() == 2 && sets.values().all(|n| *n == 1),
        "{sets:?}"
    );
    assert!(proxy.deleted("secrets").is_empty());
    let done = proxy.done();
    for fault in faults {
        assert!(
            done.contains_key(fault),
            "{fault:?} was never done: {done:?}"
        );
    }

    // And nothing is told that must not be told.
    let figures = stage.running.handle.metrics.text();
    let objects = stage.world.everything_but_secrets().await;
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("waxwing::controller"), "the log was captured");
    for form in [OLD, NEW].into_iter().flat_map(forms) {
        for (place, text) in [("figures", &figures), ("objects", &objects), ("log", &log)] {
            assert!(!text.contains(&form), "{form} is in the {place}");
        }
    }
}

async fn bounded(faults: &[Fault], seed: u64) {
    let ended = tokio::time::timeout(MOST, told(faults, seed)).await;
    assert!(ended.is_ok(), "{faults:?} with seed {seed}: not in time");
}

#[tokio::test]
async fn watches_are_cut_and_too_old() {
    bounded(&[Fault::CutWatch, Fault::Gone], 1).await;
}

#[tokio::test]
async fn writes_come_too_late() {
    bounded(&[Fault::Conflict], 2).await;
}

#[tokio::test]
async fn the_server_has_too_much_to_do() {
    bounded(&[Fault::TooMany], 3).await;
}

#[tokio::test]
async fn the_server_fails() {
    bounded(&[Fault::Internal], 4).await;
}

#[tokio::test]
async fn writes_are_done_and_nobody_hears_of_it() {
    bounded(&[Fault::LostAnswer], 5).await;
}

#[tokio::test]
async fn answers_are_slow() {
    bounded(&[Fault::Delay], 6).await;
}

#[tokio::test]
async fn answers_break_off() {
    bounded(&[Fault::Truncate], 7).await;
}

#[tokio::test]
async fn everything_at_once() {
    bounded(&Fault::ALL[2..], seed(8)).await;
}

#[tokio::test]
async fn everything_at_once_with_the_watches() {
    bounded(Fault::ALL, seed(9)).await;
}
