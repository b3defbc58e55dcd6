//! Watches: where they begin, what enters and leaves a selection, bookmarks, forgotten versions.

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use waxwing::sandbox::Sandbox;

use super::server::{Raw, sandbox};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// The lines of a watch.
struct Lines(BodyDataStream, Vec<u8>);

impl Lines {
    async fn open(sandbox: &Sandbox, query: &str) -> Self {
        let request = Request::get(format!("{MAPS}?watch=true&{query}"))
            .body(Body::empty())
            .unwrap();
        let response = sandbox.service().oneshot(request).await.unwrap();
        Self(response.into_body().into_data_stream(), Vec::new())
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.1.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.1.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            self.1.extend_from_slice(&self.0.next().await?.unwrap());
        }
    }

    async fn next_word(&mut self) -> String {
        let event = self.next().await.unwrap();
        let kind = event["type"].as_str().unwrap();
        let name = event["object"]["metadata"]["name"].as_str();
        format!("{kind} {}", name.unwrap_or_default())
    }
}

fn map(name: &str, app: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"app": app}}})
}

#[tokio::test]
async fn a_selection_is_entered_and_left() {
    let sandbox = sandbox();
    let raw = Raw::new(&sandbox);
    let mut lines = Lines::open(&sandbox, "labelSelector=app%3Dx").await;
    raw.post(MAPS, map("a", "y")).await;
    raw.post(MAPS, map("b", "x")).await;
    raw.put(&format!("{MAPS}/a"), map("a", "x")).await;
    raw.put(&format!("{MAPS}/b"), map("b", "y")).await;
    assert_eq!(lines.next_word().await, "ADDED b");
    assert_eq!(lines.next_word().await, "ADDED a");
    let left = lines.next().await.unwrap();
    assert_eq!(left["type"], "DELETED");
    assert_eq!(left["object"]["metadata"]["labels"]["app"], "x");
    let now = raw.get(&format!("{MAPS}/b")).await;
    assert_eq!(left["object"]["metadata"]["resourceVersion"], now.version());
}

#[tokio::test]
async fn what_is_there_comes_first_and_a_bookmark_ends_it() {
    let sandbox = sandbox();
    let raw = Raw::new(&sandbox);
    raw.post(MAPS, map("a", "x")).await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut lines = Lines::open(&sandbox, query).await;
    assert_eq!(lines.next_word().await, "ADDED a");
    let bookmark = lines.next().await.unwrap();
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(
        bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
    raw.post(MAPS, map("b", "x")).await;
    assert_eq!(lines.next_word().await, "ADDED b");
    let refused = raw
        .get(&format!("{MAPS}?watch=true&sendInitialEvents=true"))
        .await;
    assert_eq!(
        refused.message(),
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_at_its_time_with_a_bookmark() {
    let sandbox = sandbox();
    let mut lines = Lines::open(&sandbox, "timeoutSeconds=90&allowWatchBookmarks=true").await;
    assert_eq!(lines.next_word().await, "BOOKMARK ");
    assert_eq!(lines.next_word().await, "BOOKMARK ");
    assert!(lines.next().await.is_none());
}

#[tokio::test]
async fn a_forgotten_version_is_said_to_be_expired() {
    let sandbox = sandbox();
    let raw = Raw::new(&sandbox);
    raw.post(MAPS, map("a", "0")).await;
    for round in 0..=waxwing::sandbox::store::WINDOW_EVENTS {
        raw.put(&format!("{MAPS}/a"), map("a", &round.to_string()))
            .await;
    }
    let answer = raw
        .get(&format!("{MAPS}?watch=true&resourceVersion=3"))
        .await;
    assert_eq!(
        (answer.code, answer.body["reason"].as_str()),
        (410, Some("Expired"))
    );
    assert!(
        answer
            .message()
            .starts_with("too old resource version: 3 (")
    );
}
