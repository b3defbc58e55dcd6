//! What the controllers ask for, by the number of Rollouts and of secrets in one namespace: it grows with them and no
//! faster.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use kube::Client;
use serde_json::json;
use waxwing::cluster::Cluster;

use super::{
    secret_stage::{Stage, opted_in, rollout, world},
    server::sandbox_only,
    world::sealed,
};

/// Requests by method and resource.
type Asked = Arc<Mutex<BTreeMap<String, usize>>>;

async fn note(State(asked): State<Asked>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let at = parts
        .iter()
        .position(|part| *part == "shop")
        .unwrap_or(parts.len());
    let resource = parts.get(at + 1).copied().unwrap_or("elsewhere");
    let is_one = parts.len() > at + 2;
    let what = format!(
        "{} {resource}{}",
        request.method(),
        if is_one { "" } else { " all" }
    );
    *asked.lock().unwrap().entry(what).or_default() += 1;
    next.run(request).await
}

/// What is asked for while the secrets of so many Rollouts are changed at once, each Rollout with one of its own or all
/// with the same.
async fn counted(count: usize, is_shared: bool) -> BTreeMap<String, usize> {
    let world = world().await;
    let asked = Asked::default();
    let way = world
        .sandbox
        .service()
        .layer(from_fn_with_state(asked.clone(), note));
    let stage = Stage::on(world, Cluster::new(Client::new(way, "default")));
    let secret = |number: usize| {
        if is_shared {
            "db".to_owned()
        } else {
            format!("db{number}")
        }
    };
    // Each sealing is another change, also of the same value.
    let secrets = if is_shared { 1 } else { count };
    let seal = async |value: &str| {
        for number in 0..secrets {
            stage
                .apply(opted_in(sealed(&secret(number), &[("k", value)])))
                .await;
        }
    };
    seal("old").await;
    for number in 0..count {
        let name = format!("web{number}");
        let mut one = rollout(&name, "i", &[&secret(number)]);
        one["spec"]["replicas"] = 1.into();
        one["spec"]["strategy"]["canary"] = json!({});
        one["spec"]["template"]["metadata"]["annotations"] =
            json!({"sandbox.waxwing.dev/ready-after": "1s"});
        stage.apply(one).await;
    }
    let all = async |phase: &str, revision: &str| {
        for number in 0..count {
            stage
                .rollout(&format!("web{number}"), phase, revision)
                .await;
        }
    };
    all("Healthy", "1").await;
    stage.pass(15).await;
    asked.lock().unwrap().clear();
    seal("new").await;
    all("Healthy", "2").await;
    for number in 0..count {
        stage
            .condition(&secret(number), "Promoted: version 2")
            .await;
    }
    stage.pass(15).await;
    asked.lock().unwrap().clone()
}

async fn grows_with_the_number(is_shared: bool) {
    sandbox_only!();
    let (few, many) = (counted(3, is_shared).await, counted(12, is_shared).await);
    let of = |counts: &BTreeMap<String, usize>, what: &str| counts.get(what).copied().unwrap_or(0);
    for (what, times) in &many {
        let allowed = 4 * of(&few, what) + of(&few, what) + 12;
        assert!(
            *times <= allowed,
            "{what}: {times} for 12, {} for 3: {few:?} {many:?}",
            of(&few, what)
        );
    }
    // Nobody lists who reads a secret: that would cost as much as there is beside it.
    for kind in ["rollouts", "replicasets"] {
        assert_eq!(of(&many, &format!("GET {kind} all")), 0, "{many:?}");
    }
}

#[tokio::test]
async fn secrets_of_their_own() {
    grows_with_the_number(false).await;
}

#[tokio::test]
async fn one_secret_for_all() {
    grows_with_the_number(true).await;
}
