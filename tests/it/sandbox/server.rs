//! A server for tests, and raw requests to it.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use serde_json::Value;
use tower::ServiceExt;
use waxwing::{
    clock::Clock,
    sandbox::{Sandbox, SandboxOptions},
};

/// The most bytes of an answer.
const MAX_ANSWER: usize = 64 << 20;

/// A server whose clock stands still.
pub fn sandbox() -> Sandbox {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    Sandbox::new(SandboxOptions {
        clock: Clock::stopped(at),
    })
}

/// The real client on a server.
pub fn client(sandbox: &Sandbox) -> kube::Client {
    kube::Client::new(sandbox.service(), "default")
}

/// An answer to a raw request.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub body: Value,
    pub warnings: Vec<String>,
}

impl Answer {
    /// The message of a Status.
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// The resourceVersion of an object or a list.
    pub fn version(&self) -> &str {
        self.body["metadata"]["resourceVersion"].as_str().unwrap()
    }
}

/// Sends raw requests.
pub struct Raw(Router);

impl Raw {
    pub fn new(sandbox: &Sandbox) -> Self {
        Self(sandbox.service())
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.0.clone().oneshot(request).await.unwrap();
        let code = response.status().as_u16();
        let warnings = response
            .headers()
            .get_all("warning")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        let bytes = to_bytes(response.into_body(), MAX_ANSWER).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer {
            code,
            body,
            warnings,
        }
    }

    async fn with_body(&self, method: &str, path: &str, media: &str, body: String) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", media)
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.with_body("GET", path, "application/json", String::new())
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.with_body("POST", path, "application/json", body.to_string())
            .await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.with_body("PUT", path, "application/json", body.to_string())
            .await
    }

    pub async fn patch(&self, path: &str, kind: &str, body: Value) -> Answer {
        let media = format!("application/{kind}+json");
        self.with_body("PATCH", path, &media, body.to_string())
            .await
    }

    pub async fn delete(&self, path: &str, body: Value) -> Answer {
        self.with_body("DELETE", path, "application/json", body.to_string())
            .await
    }
}
