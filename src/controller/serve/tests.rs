//! Requests against the router, without a socket.

use axum::body::{Body, to_bytes};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::{
    api::{
        metadata::Metadata,
        sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE},
        secret::Secret,
    },
    seal::{KeyRing, Scope, SealOptions, SealingKey},
    secret::Hidden,
};

const KEY: &[u8] = include_bytes!("../../../tests/vectors/kubeseal/keys/small.key");
const CERTIFICATE: &[u8] = include_bytes!("../../../tests/vectors/kubeseal/keys/small.crt");
const PLANTED: &str = "planted-value";
const SCOPES: [Scope; 3] = [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide];

fn certificate() -> Certificate {
    Certificate::from_pem(CERTIFICATE).unwrap()
}

pub(super) fn clock() -> Clock {
    Clock::stopped("2030-01-01T00:00:00Z".parse().unwrap())
}

pub(super) fn handle(clock: &Clock) -> Handle {
    let handle = Handle::new(clock, Metrics::default(), ServeSettings::default());
    let key = SealingKey::from_pem(KEY).unwrap();
    let key = key.with_certificate(certificate()).unwrap();
    handle.keys.insert(key, Timestamp::UNIX_EPOCH);
    handle
}

pub(super) fn sealed(scope: Scope) -> SealedSecret {
    let secret = Secret {
        metadata: Metadata::named("shop", "db"),
        data: [("k".to_owned(), Hidden::new(PLANTED.as_bytes().to_vec()))].into(),
        ..Secret::default()
    };
    let options = SealOptions {
        scope,
        allow_empty: false,
    };
    seal::seal(&secret, &certificate(), options).unwrap()
}

async fn ask(handle: &Handle, method: &str, path: &str, body: impl Into<Body>) -> Response {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(body.into()).unwrap();
    router(handle.clone()).oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(super) async fn rotated(handle: &Handle, sealed: &SealedSecret) -> Result<Value, StatusCode> {
    let body = sealed.to_value().to_string();
    let response = ask(handle, "POST", "/v1/rotate", body).await;
    match response.status() {
        StatusCode::OK => Ok(serde_json::from_str(&text(response).await).unwrap()),
        status => Err(status),
    }
}

#[tokio::test]
async fn health_does_not_wait_for_keys_and_readiness_does() {
    let handle = Handle::new(&clock(), Metrics::default(), ServeSettings::default());
    let response = ask(&handle, "GET", "/healthz", "").await;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await, "ok\n");
    assert_eq!(ask(&handle, "GET", "/readyz", "").await.status(), 503);
    handle.keys.set_ready();
    assert_eq!(ask(&handle, "GET", "/readyz", "").await.status(), 200);
    let response = ask(&handle, "GET", "/v1/cert.pem", "").await;
    assert_eq!(response.status(), 500);
    assert_eq!(text(response).await, "cannot get certificate\n");
}

#[tokio::test]
async fn the_certificate_is_that_of_the_current_key() {
    let handle = handle(&clock());
    let response = ask(&handle, "GET", "/v1/cert.pem", "").await;
    assert_eq!(response.headers()["content-type"], "application/x-pem-file");
    assert_eq!(text(response).await.as_bytes(), CERTIFICATE);
    assert_eq!(ask(&handle, "POST", "/v1/cert.pem", "").await.status(), 405);
}

#[tokio::test]
async fn answers_are_those_of_the_table() {
    let clock = clock();
    let handle = handle(&clock);
    let good = sealed(Scope::Strict);
    let mut moved = good.clone();
    moved.metadata = Metadata::named("shop", "other");
    let mut templated = good.clone();
    let bad_template = Some("{{ fail .k }}".to_owned());
    templated
        .spec
        .template
        .data
        .insert("t".to_owned(), bad_template);
    let text_of = |sealed: &SealedSecret| sealed.to_value().to_string();
    let yaml = yaml::write(&good.to_value());
    let rows = [
        ("POST", text_of(&good), 200, 200),
        ("POST", yaml.clone(), 200, 200),
        ("POST", format!("---\n{yaml}"), 200, 200),
        ("POST", text_of(&moved), 409, 500),
        // Templates are never run: what they would do shows nowhere.
        ("POST", text_of(&templated), 200, 200),
        ("POST", format!("{yaml}---\n{yaml}"), 500, 500),
        ("POST", "not: a sealed secret".to_owned(), 500, 500),
        ("POST", "{\"kind\": \"Secret\"".to_owned(), 500, 500),
        ("POST", String::new(), 500, 500),
        ("POST", "x".repeat(MAX_BODY + 1), 413, 413),
        ("GET", String::new(), 405, 405),
        ("DELETE", text_of(&good), 405, 405),
    ];
    for (row, (method, body, verify, rotate)) in rows.into_iter().enumerate() {
        for (path, expected) in [("/v1/verify", verify), ("/v1/rotate", rotate)] {
            clock.advance(SignedDuration::from_secs(10));
            let response = ask(&handle, method, path, body.clone()).await;
            assert_eq!(response.status(), expected, "row {row} {path}");
            let answer = text(response).await;
            assert!(!answer.contains(PLANTED), "row {row} {path}");
            if path == "/v1/verify" || expected != 200 {
                assert_eq!(answer, "", "row {row} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_without_announced_length_is_limited_too() {
    let handle = handle(&clock());
    let part = Bytes::from(vec![b' '; 64 * 1024]);
    let endless = futures::stream::repeat(part).map(Ok::<_, std::io::Error>);
    let response = ask(&handle, "POST", "/v1/verify", Body::from_stream(endless)).await;
    assert_eq!(response.status(), 413);
    let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("broken"))]);
    let response = ask(&handle, "POST", "/v1/verify", Body::from_stream(broken)).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn the_fourth_at_once_is_refused_whatever_it_calls_itself() {
    let clock = clock();
    let handle = handle(&clock);
    for path in ["/v1/verify", "/v1/rotate"] {
        let mut codes = Vec::new();
        for number in 0..4 {
            let request = Request::builder()
                .method("POST")
                .uri(path)
                .header("x-forwarded-for", number.to_string())
                .body(Body::empty())
                .unwrap();
            let response = router(handle.clone()).oneshot(request).await.unwrap();
            codes.push(response.status().as_u16());
            if number == 3 {
                assert_eq!(response.headers()["retry-after"], "1");
                assert_eq!(response.headers()["x-ratelimit-limit"], "3");
                assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
                assert_eq!(response.headers()["x-ratelimit-reset"], "2");
                assert_eq!(text(response).await, "limit exceeded\n");
            }
        }
        assert_eq!(codes, [500, 500, 500, 429], "{path}");
        clock.advance(SignedDuration::from_millis(500));
        assert_eq!(ask(&handle, "POST", path, "").await.status(), 500, "{path}");
    }
    let figures = handle.metrics.text();
    let line = "http_requests_total{path=\"/v1/verify\",code=\"429\",method=\"post\"} 1";
    assert!(figures.contains(line), "{figures}");
}

#[tokio::test(start_paused = true)]
async fn bodies_of_one_peer_do_not_fill_all_places() {
    let clock = clock();
    let settings = ServeSettings {
        rate_limit: 0,
        ..ServeSettings::default()
    };
    let handle = Handle::new(&clock, Metrics::default(), settings);
    let ask = |peer: u8, body: Body| {
        let mut request = Request::post("/v1/verify").body(body).unwrap();
        let address = SocketAddr::from(([192, 0, 2, peer], 9));
        request.extensions_mut().insert(ConnectInfo(address));
        router(handle.clone()).oneshot(request)
    };
    // Bodies that never come.
    let silent = || Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
    let waiting: Vec<_> = (0..MAX_BODIES_OF_PEER)
        .map(|_| tokio::spawn(ask(1, silent())))
        .collect();
    tokio::task::yield_now().await;
    let refused = ask(1, Body::from("x")).await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(ask(2, Body::from("x")).await.unwrap().status(), 500);
    for answer in waiting {
        assert_eq!(
            answer.await.unwrap().unwrap().status(),
            400,
            "its time is over"
        );
    }
    assert_eq!(ask(1, Body::from("x")).await.unwrap().status(), 500);
}

#[test]
fn peers_are_told_apart_by_address_and_network() {
    let peer = |address: &str| {
        let mut request = Request::new(Body::empty());
        let address: SocketAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        peer_of(&request)
    };
    assert_eq!(peer("192.0.2.1:99"), "192.0.2.1");
    assert_eq!(peer("[::ffff:192.0.2.1]:99"), "192.0.2.1");
    assert_eq!(peer("[2001:db8:1:2::9]:1"), peer("[2001:db8:1:2:ffff::]:2"));
    assert_eq!(peer_of(&Request::new(Body::empty())), IN_PROCESS);
}

#[tokio::test]
async fn rotate_never_widens_a_scope_nor_moves_a_secret() {
    let clock = clock();
    let handle = handle(&clock);
    for scope in SCOPES {
        for claimed in SCOPES {
            clock.advance(SignedDuration::from_secs(10));
            let mut asked = sealed(scope);
            // The template claims another scope and another place: it decides nothing.
            claimed.annotate(&mut asked.spec.template.metadata);
            asked.spec.template.metadata.set_text("name", "elsewhere");
            asked.spec.template.metadata.set_text("namespace", "evil");
            let template = Some("{{ .k }}".to_owned());
            asked
                .spec
                .template
                .data
                .insert("t".to_owned(), template.clone());
            let answer = rotated(&handle, &asked).await.unwrap();
            let row = format!("{scope} {claimed}");
            assert_eq!(answer.get("kind"), None, "{row}");
            assert_eq!(answer.get("apiVersion"), None, "{row}");
            assert_eq!(answer.get("status"), None, "{row}");
            let resealed = SealedSecret::from_any(answer).unwrap();
            assert_eq!(Scope::of(&resealed.metadata), scope, "{row}");
            assert_eq!(Scope::of(&resealed.spec.template.metadata), scope, "{row}");
            for metadata in [&resealed.metadata, &resealed.spec.template.metadata] {
                assert_eq!(
                    (metadata.namespace(), metadata.name()),
                    ("shop", "db"),
                    "{row}"
                );
            }
            assert_eq!(
                resealed.spec.template.data.get("t"),
                Some(&template),
                "{row}"
            );
            assert_ne!(
                resealed.spec.encrypted_data, asked.spec.encrypted_data,
                "{row}"
            );
            opens_only_in(&handle, &resealed, scope);
        }
    }
}

#[tokio::test]
async fn rotate_refuses_an_object_that_claims_another_scope_than_it_is_sealed_for() {
    let clock = clock();
    let handle = handle(&clock);
    for scope in SCOPES {
        for claimed in SCOPES.into_iter().filter(|claimed| *claimed != scope) {
            clock.advance(SignedDuration::from_secs(10));
            let mut asked = sealed(scope);
            claimed.annotate(&mut asked.metadata);
            assert_eq!(
                rotated(&handle, &asked).await,
                Err(StatusCode::INTERNAL_SERVER_ERROR)
            );
        }
    }
}

/// The items open under the label of their scope, and under no other.
pub(super) fn opens_only_in(handle: &Handle, sealed: &SealedSecret, scope: Scope) {
    for (namespace, name, annotation, opens) in [
        ("shop", "db", None, scope == Scope::Strict),
        ("shop", "other", None, false),
        (
            "shop",
            "other",
            Some(NAMESPACE_WIDE),
            scope == Scope::NamespaceWide,
        ),
        ("evil", "db", Some(NAMESPACE_WIDE), false),
        (
            "evil",
            "other",
            Some(CLUSTER_WIDE),
            scope == Scope::ClusterWide,
        ),
    ] {
        let mut moved = sealed.clone();
        moved.metadata = Metadata::named(namespace, name);
        if let Some(annotation) = annotation {
            moved.metadata.set_entry("annotations", annotation, "true");
        }
        let check = |ring: &KeyRing| seal::check(&moved, ring, DeprecatedData::Accept).is_ok();
        assert_eq!(handle.keys.with(check), opens, "{scope} {namespace}/{name}");
    }
}

#[tokio::test]
async fn the_deprecated_form_is_upgraded() {
    let handle = handle(&clock());
    let mut old = sealed(Scope::Strict);
    old.spec.encrypted_data.clear();
    let plain = json!({"kind": "Secret", "apiVersion": "v1",
        "metadata": {"name": "x", "namespace": "y"},
        "data": {"k": crate::api::base64::encode(PLANTED.as_bytes())}});
    let whole = seal::seal_item(
        plain.to_string().as_bytes(),
        &certificate(),
        Scope::Strict,
        "shop",
        "db",
    );
    old.spec.data = Some(whole.unwrap());
    let answer = rotated(&handle, &old).await.unwrap();
    assert!(answer["spec"].get("data").is_none());
    assert!(answer["spec"]["encryptedData"]["k"].is_string());
    assert_eq!(
        answer["metadata"],
        json!({"name": "db", "namespace": "shop"})
    );
}
