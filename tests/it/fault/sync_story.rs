//! Two hundred objects are synced from Git, changed and pruned, whatever happens on the way to the API server.

use std::{collections::BTreeSet, time::Duration};

use jiff::SignedDuration;
use kube::Client;
use serde_json::Value;
use waxwing::{
    cluster::{Cluster, Selector},
    object::{Gvk, Object},
};

use super::{Fault, Proxy, seed};
use crate::story::{
    gitops::{Stage, URL, app_ref, automated, config, text},
    server::sandbox_only,
    world::World,
};

const OBJECTS: usize = 200;

/// One request in so many is disturbed: a look at the cluster takes dozens of calls, and is begun again as a whole.
const ONE_IN: u64 = 40;

/// How long a story may take by the machine's clock.
const MOST: Duration = Duration::from_secs(600);

fn name(number: usize) -> String {
    format!("c{number:03}")
}

/// Lets time pass until the Application is synced to a commit.
async fn synced(stage: &Stage, commit: &str) {
    loop {
        let app = stage.world.cluster.get(&app_ref()).await.unwrap().unwrap();
        let is_done = text(&app, "/status/sync/status") == "Synced"
            && text(&app, "/status/sync/revision") == commit
            && text(&app, "/status/operationState/phase") == "Succeeded";
        if is_done {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        stage.world.clock.advance(SignedDuration::from_millis(250));
    }
}

async fn configs(stage: &Stage) -> Vec<Object> {
    let gvk = Gvk::new("", "v1", "ConfigMap");
    let everything = Selector::default();
    let listed = stage.world.cluster.list(&gvk, Some("web"), &everything);
    let mut all = listed.await.unwrap().objects;
    all.retain(|one| one.name() != "kube-root-ca.crt");
    all
}

async fn told(faults: &[Fault], seed: u64) {
    let proxy = Proxy::one_in(ONE_IN, seed, faults);
    let world = World::without_keys().await;
    let way = proxy.before(world.sandbox.service());
    let stage = Stage::through(world, URL, Cluster::new(Client::new(way, "default"))).await;
    for number in 0..OBJECTS {
        let file = format!("app/{}.yaml", name(number));
        stage
            .repository
            .write(&file, &config(&name(number), "one", 0));
    }
    let first = stage.repository.commit("All of them");
    stage.application(automated()).await;
    synced(&stage, &first).await;
    assert_eq!(configs(&stage).await.len(), OBJECTS);
    assert!(proxy.deleted("configmaps").is_empty(), "seed {seed}");

    // Ten change, ten go.
    for number in 0..10 {
        let file = format!("app/{}.yaml", name(number));
        stage
            .repository
            .write(&file, &config(&name(number), "two", 0));
    }
    let gone: BTreeSet<String> = (10..20).map(name).collect();
    for one in &gone {
        stage
            .repository
            .git(&["rm", "--quiet", &format!("app/{one}.yaml")]);
    }
    let second = stage.repository.commit("Some of them");
    stage.applier.fetch(URL).await.unwrap();
    synced(&stage, &second).await;
    proxy.be_quiet();
    let all = configs(&stage).await;
    assert_eq!(all.len(), OBJECTS - gone.len());
    for one in &all {
        let is_new = one.name() < name(10).as_str();
        let wanted = if is_new { "two" } else { "one" };
        assert_eq!(one.at(&["data", "k"]).and_then(Value::as_str), Some(wanted));
    }
    // Each was made once, and nothing was deleted but what Git does not name any more.
    let made = proxy.made("configmaps");
    assert_eq!(made.len(), OBJECTS);
    assert!(
        made.values().all(|times| *times == 1),
        "seed {seed}: {made:?}"
    );
    let deleted: BTreeSet<String> = proxy.deleted("configmaps").into_keys().collect();
    assert_eq!(deleted, gone, "seed {seed}");
}

async fn bounded(faults: &[Fault], seed: u64) {
    sandbox_only!();
    let ended = tokio::time::timeout(MOST, told(faults, seed)).await;
    assert!(ended.is_ok(), "{faults:?} with seed {seed}: not in time");
}

#[tokio::test]
async fn writes_come_too_late_or_the_server_has_too_much_to_do() {
    bounded(&[Fault::Conflict, Fault::TooMany], 11).await;
}

#[tokio::test]
async fn the_server_fails_and_answers_are_lost() {
    bounded(&[Fault::Internal, Fault::LostAnswer, Fault::Truncate], 12).await;
}

#[tokio::test]
async fn everything_at_once() {
    bounded(Fault::ALL, seed(13)).await;
}
