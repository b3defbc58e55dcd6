//! A push is told of: only by whom we share a secret with, and only so that we look.

use aws_lc_rs::hmac;
use axum::{Router, body::Body, http::Request};
use serde_json::{Value, json};
use tower::ServiceExt;
use waxwing::{
    api::{application, base64},
    cluster::Gate,
    controller::application::{Applier, MAX_BODY, Settings, router},
    object::{Gvk, ObjectRef},
    source::{Git, GitOptions},
};

use super::gitops::{Stage, URL, app_ref, automated, config};

async fn send(webhook: &Router, header: (&str, &str), body: Vec<u8>) -> u16 {
    let request = Request::post("/api/webhook")
        .header(header.0, header.1)
        .body(Body::from(body))
        .unwrap();
    let response = webhook.clone().oneshot(request).await.unwrap();
    response.status().as_u16()
}

fn signature(body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"shared"), body);
    let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256={hex}")
}

#[tokio::test]
async fn a_push_told_to_one_that_stands_by_is_applied_by_whoever_leads() {
    let stage = Stage::new().await;
    let first = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&first).await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "argocd-secret", "namespace": "argocd"},
        "data": {"webhook.github.secret": base64::encode(b"shared")}});
    stage.world.create(secret).await;
    // Another replica, which has no lease and knows no Application.
    let gate = Gate::shut(&stage.world.clock);
    let way = stage.world.cluster.clone().behind(&gate);
    let git = Git::new(GitOptions::default());
    let standby = Applier::new(&way, &stage.world.clock, &git, Settings::default());
    let webhook = router(standby);
    let second = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "two", 0));
    let body = message(&json!({"repository": {"clone_url": URL}}));
    let good = signature(&body);
    let header = ("x-hub-signature-256", good.as_str());
    assert_eq!(send(&webhook, header, body.clone()).await, 200);
    stage.synced(&second).await;
    let app = stage.get(&app_ref()).await.unwrap();
    assert_eq!(app.annotation(application::REFRESH), None);
    // A repository that nobody reads changes nothing.
    let version = app.resource_version().map(str::to_owned);
    let other = message(&json!({"repository": {"clone_url": "https://h/unknown"}}));
    let good = signature(&other);
    let header = ("x-hub-signature-256", good.as_str());
    assert_eq!(send(&webhook, header, other).await, 200);
    let app = stage.get(&app_ref()).await.unwrap();
    assert_eq!(app.resource_version().map(str::to_owned), version);
}

fn message(of: &Value) -> Vec<u8> {
    of.to_string().into_bytes()
}

#[tokio::test]
async fn a_push_is_applied_at_once_and_strangers_are_not_heard() {
    let stage = Stage::new().await;
    let first = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&first).await;
    let webhook = router(stage.applier.clone());
    // It says another commit, another branch: only the URL counts.
    let body = message(&json!({"ref": "refs/heads/other", "after": "0".repeat(40),
        "repository": {"clone_url": URL}}));
    let good = signature(&body);
    let header = "x-hub-signature-256";
    assert_eq!(send(&webhook, (header, &good), body.clone()).await, 404);
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "argocd-secret", "namespace": "argocd"},
        "data": {"webhook.github.secret": base64::encode(b"shared"), "webhook.gitlab.secret": base64::encode(b"token")}});
    stage.world.create(secret).await;
    let second = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "two", 0));
    for bad in ["sha256=00", "", good.get(..70).unwrap(), "sha1=00"] {
        assert_eq!(send(&webhook, (header, bad), body.clone()).await, 401);
    }
    assert_eq!(
        send(&webhook, ("x-gitlab-token", "tokeN"), body.clone()).await,
        401
    );
    let huge = vec![b' '; MAX_BODY + 1];
    assert_eq!(send(&webhook, (header, &good), huge).await, 413);
    let odd = b"{".to_vec();
    assert_eq!(send(&webhook, (header, &signature(&odd)), odd).await, 400);
    let unknown = message(&json!({"repository": {"clone_url": "https://h/unknown"}}));
    assert_eq!(
        send(&webhook, (header, &signature(&unknown)), unknown).await,
        200
    );
    assert_eq!(send(&webhook, (header, &good), body.clone()).await, 200);
    stage.synced(&second).await;
    let third = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "three", 0));
    let gitlab = message(&json!({"project": {"git_http_url": URL}}));
    assert_eq!(
        send(&webhook, ("x-gitlab-token", "token"), gitlab).await,
        200
    );
    stage.synced(&third).await;
    let target = ObjectRef::new(
        Gvk::new("", "v1", "Secret"),
        Some("argocd"),
        "argocd-secret",
    );
    assert!(stage.get(&target).await.is_some());
}
