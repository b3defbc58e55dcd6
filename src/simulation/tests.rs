//! Traffic and figures, computed by hand.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::object::Object;

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn service(name: &str, selector: Value) -> Object {
    object(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"ports": [{"port": 80}], "selector": selector}}),
    )
}

fn endpoint(name: &str, hash: &str, is_ready: bool, error_share: f64) -> Endpoint {
    let ready = if is_ready { "True" } else { "False" };
    let pod = object(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name,
            "labels": {"app": "web", "pod-template-hash": hash}},
        "spec": {"containers": [{"name": "web", "image": format!("web:{hash}")}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"name": "web", "restartCount": 2}]}}));
    Endpoint::of(&pod, SignedDuration::from_millis(200), error_share)
}

fn http_route(stable: u64, canary: u64) -> Object {
    object(
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"rules": [{"backendRefs": [
            {"name": "web", "port": 80, "weight": stable},
            {"name": "web-canary", "port": 80, "weight": canary}]}]}}),
    )
}

/// Three stable pods and a canary pod that always fails.
fn scene(stable: u64, canary: u64) -> Scene {
    let mut scene = Scene::default();
    scene.routes = routes(&http_route(stable, canary), Options::default().usual());
    scene.add_service(&service(
        "web",
        json!({"app": "web", "pod-template-hash": "1"}),
    ));
    scene.add_service(&service(
        "web-canary",
        json!({"app": "web", "pod-template-hash": "2"}),
    ));
    for name in ["a", "b", "c"] {
        scene.endpoints.push(endpoint(name, "1", true, 0.0));
    }
    scene.endpoints.push(endpoint("d", "2", true, 1.0));
    scene
}

/// What a scrape shows of a metric: a label and the value.
fn shown(exposition: &Exposition, metric: &str, labels: &[&str]) -> BTreeMap<String, f64> {
    let chosen = exposition
        .figures
        .iter()
        .filter(|figure| figure.name == metric);
    chosen
        .map(|figure| {
            let key: Vec<&str> = labels
                .iter()
                .map(|label| figure.labels[label].as_str())
                .collect();
            (key.join(" "), figure.value)
        })
        .collect()
}

const STABLE: &str = "shop-web-http-80@kubernetesgateway";
const CANARY: &str = "shop-web-canary-http-80@kubernetesgateway";

#[test]
fn requests_follow_the_weights() {
    let mut world = World::new(&Options::default(), at(0));
    world.set(scene(100, 0));
    let scrapes = world.advance(at(15));
    let requests = |scrape: &Exposition| {
        shown(
            scrape,
            "traefik_service_requests_total",
            &["service", "code"],
        )
    };
    let stable = format!("{STABLE} 200");
    assert_eq!(requests(&scrapes[0]), [(stable.clone(), 300.0)].into());
    world.set(scene(80, 20));
    let scrapes = world.advance(at(45));
    assert_eq!(scrapes.len(), 2);
    assert_eq!(
        requests(&scrapes[1]),
        [(format!("{CANARY} 500"), 120.0), (stable, 780.0)].into()
    );
}

#[test]
fn a_series_begins_with_its_first_request() {
    let mut world = World::new(
        &Options {
            requests_per_second: 0.1,
            ..Options::default()
        },
        at(0),
    );
    let mut slow = scene(50, 50);
    slow.routes = routes(&http_route(50, 50), 100_000);
    world.set(slow);
    let counts: Vec<usize> = world
        .advance(at(60))
        .iter()
        .map(|scrape| shown(scrape, "traefik_service_requests_total", &["service"]).len())
        .collect();
    // One request in 20 s for each of the two Services.
    assert_eq!(counts, [0, 2, 2, 2]);
}

#[test]
fn answers_are_sorted_into_buckets() {
    let mut world = World::new(&Options::default(), at(0));
    world.set(scene(0, 100));
    let scrapes = world.advance(at(15));
    let buckets = shown(
        &scrapes[0],
        "traefik_service_request_duration_seconds_bucket",
        &["le"],
    );
    let wanted = [
        ("0.1", 0.0),
        ("0.3", 300.0),
        ("1.2", 300.0),
        ("5", 300.0),
        ("+Inf", 300.0),
    ];
    assert_eq!(
        buckets,
        wanted.map(|(le, count)| (le.to_owned(), count)).into()
    );
    let sum = shown(
        &scrapes[0],
        "traefik_service_request_duration_seconds_sum",
        &["code"],
    );
    assert_eq!(sum, [("500".to_owned(), 60.0)].into());
}

#[test]
fn a_service_without_ready_pods_answers_503() {
    let mut world = World::new(&Options::default(), at(0));
    let mut empty = scene(50, 50);
    empty.endpoints = vec![endpoint("d", "2", false, 0.0)];
    // Before there ever was a ready pod, nobody asks.
    world.set(empty.clone());
    let scrapes = world.advance(at(15));
    assert!(shown(&scrapes[0], "traefik_service_requests_total", &["code"]).is_empty());
    world.set(scene(50, 50));
    world.set(empty);
    let scrapes = world.advance(at(30));
    let codes = shown(
        &scrapes[0],
        "traefik_service_requests_total",
        &["service", "code"],
    );
    assert_eq!(
        codes,
        [
            (format!("{CANARY} 503"), 150.0),
            (format!("{STABLE} 503"), 150.0)
        ]
        .into()
    );
    let ready = shown(&scrapes[0], "kube_pod_status_ready", &["pod", "condition"]);
    let wanted = [("d true", 0.0), ("d false", 1.0), ("d unknown", 0.0)];
    assert_eq!(
        ready,
        wanted.map(|(key, value)| (key.to_owned(), value)).into()
    );
}

#[test]
fn restarts_are_shown_by_container() {
    let mut world = World::new(&Options::default(), at(0));
    world.set(scene(100, 0));
    let scrapes = world.advance(at(15));
    let restarts = shown(
        &scrapes[0],
        "kube_pod_container_status_restarts_total",
        &["pod", "container"],
    );
    assert_eq!(restarts.len(), 4);
    assert_eq!(restarts["d web"], 2.0);
}

#[test]
fn time_may_be_cut_into_any_steps() {
    let (mut one, mut other) = (
        World::new(&Options::default(), at(7)),
        World::new(&Options::default(), at(7)),
    );
    one.set(scene(67, 33));
    other.set(scene(67, 33));
    let whole = one.advance(at(120));
    let mut cut = Vec::new();
    for step in 0..113 * 4 {
        cut.extend(other.advance(at(7) + SignedDuration::from_millis(step * 250)));
    }
    cut.extend(other.advance(at(120)));
    assert_eq!(whole, cut);
    assert_eq!(whole.len(), 8);
}

#[test]
fn a_leap_of_time_is_not_scraped_without_end() {
    let mut world = World::new(&Options::default(), at(0));
    assert_eq!(world.advance(at(1_000_000_000)).len(), 1_000);
    assert_eq!(world.picture().history.len(), MAX_HISTORY);
}

#[test]
fn every_kind_of_route_is_read() {
    let names = |object: &Object| {
        let found = routes(object, 1_000_000);
        found
            .iter()
            .flat_map(|route| {
                route.backends.iter().map(|backend| {
                    format!(
                        "{} {} of {}",
                        backend.service(route.provider),
                        backend.weight,
                        route.rate
                    )
                })
            })
            .collect::<Vec<_>>()
    };
    let grpc = object(
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute",
        "metadata": {"name": "r", "namespace": "n", "annotations": {RATE: "4"}},
        "spec": {"rules": [
            {"backendRefs": [{"name": "a", "port": 1}, {"name": "b", "namespace": "m", "port": 2, "weight": 3}]},
            {"backendRefs": [{"name": "c", "port": 3, "weight": 0}]},
            {"backendRefs": [{"kind": "TraefikService", "name": "x", "port": 1}, {"name": "d", "port": 4}]},
            {}]}}),
    );
    assert_eq!(
        names(&grpc),
        [
            "n-a-http-1@kubernetesgateway 1 of 2000000",
            "m-b-http-2@kubernetesgateway 3 of 2000000",
            "n-d-http-4@kubernetesgateway 1 of 2000000",
        ]
    );
    let traefik = object(
        json!({"apiVersion": "traefik.io/v1alpha1", "kind": "TraefikService",
        "metadata": {"name": "r", "namespace": "n"},
        "spec": {"weighted": {"services": [{"name": "a", "port": "web", "weight": 2}, {"name": "b", "port": 80}]}}}),
    );
    assert_eq!(
        names(&traefik),
        [
            "n-a-web@kubernetescrd 2 of 1000000",
            "n-b-80@kubernetescrd 1 of 1000000"
        ]
    );
    let mut plain = service("web", json!({"app": "web"}));
    assert!(names(&plain).is_empty());
    plain.set(&["metadata", "annotations", RATE], "0.5".into());
    assert_eq!(names(&plain), ["shop-web-80@kubernetes 1 of 500000"]);
    for nonsense in ["", "many", "-1", "NaN", "inf"] {
        plain.set(&["metadata", "annotations", RATE], nonsense.into());
        assert!(names(&plain).is_empty(), "{nonsense}");
    }
}

#[test]
fn the_picture_shows_who_gets_what() {
    let mut world = World::new(&Options::default(), at(0));
    world.set(scene(80, 20));
    world.advance(at(12));
    let picture = world.picture();
    let canary = &picture.versions[&("shop".to_owned(), "2".to_owned())];
    assert_eq!(
        (canary.pods, canary.ready, canary.image.as_str()),
        (1, 1, "web:2")
    );
    assert_eq!((canary.requests, canary.errors), (4.0, 4.0));
    assert_eq!(picture.services[STABLE].errors, 0.0);
    assert_eq!(picture.services[STABLE].requests, 16.0);
    assert_eq!(picture.history.len(), 2);
    assert_eq!(picture.history[1].errors, 4.0);
}
