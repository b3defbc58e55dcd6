//! `POST /api/webhook`: a push was made. It may only make us fetch: nothing of its content is believed but the URL.

use std::sync::Arc;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;

use super::run::Applier;
use crate::secret::Hidden;

/// The most bytes of one message.
pub const MAX_BODY: usize = 1 << 20;

/// The secrets that senders share with us; a sender without one is not heard.
#[derive(Clone, Debug, Default)]
pub struct WebhookSecrets {
    /// GitHub and Gitea: the key of the signature.
    pub github: Option<Hidden<String>>,
    /// GitLab: the token.
    pub gitlab: Option<Hidden<String>>,
}

/// Where repositories are named in the messages of GitHub, GitLab, Gitea and Bitbucket.
const URLS: &[&str] = &[
    "/repository/clone_url",
    "/repository/ssh_url",
    "/repository/html_url",
    "/repository/git_http_url",
    "/repository/git_ssh_url",
    "/project/git_http_url",
    "/project/git_ssh_url",
    "/project/web_url",
];

/// The route; without a secret there is none.
pub fn router(applier: Applier, secrets: WebhookSecrets) -> Router {
    if secrets.github.is_none() && secrets.gitlab.is_none() {
        return Router::new();
    }
    Router::new()
        .route("/api/webhook", post(receive))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new((applier, secrets)))
}

async fn receive(
    State(state): State<Arc<(Applier, WebhookSecrets)>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let (applier, secrets) = &*state;
    // Before a byte of it is read as anything.
    if !is_genuine(secrets, &headers, &body) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    for url in urls(&message) {
        applier.fetch(&url).await;
    }
    StatusCode::OK
}

/// The repositories that a message names, each once.
fn urls(message: &Value) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for pointer in URLS {
        let Some(url) = message.pointer(pointer).and_then(Value::as_str) else {
            continue;
        };
        if !found.iter().any(|known| crate::source::is_same(known, url)) {
            found.push(url.to_owned());
        }
    }
    found
}

fn is_genuine(secrets: &WebhookSecrets, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let (Some(secret), Some(given)) = (&secrets.github, header("x-hub-signature-256")) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let given = given.strip_prefix("sha256=").and_then(bytes_of_hex);
        return given.is_some_and(|given| hmac::verify(&key, body, &given).is_ok());
    }
    if let (Some(secret), Some(given)) = (&secrets.gitlab, header("x-gitlab-token")) {
        return verify_slices_are_equal(secret.expose().as_bytes(), given.as_bytes()).is_ok();
    }
    false
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn only_what_is_signed_with_our_secret_is_heard() {
        let secrets = WebhookSecrets {
            github: Some("key".to_owned().into()),
            gitlab: Some("token".to_owned().into()),
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let tag = hmac::sign(&key, b"body");
        let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let signed = headers("x-hub-signature-256", &format!("sha256={hex}"));
        assert!(is_genuine(&secrets, &signed, b"body"));
        assert!(!is_genuine(&secrets, &signed, b"other"));
        assert!(!is_genuine(&WebhookSecrets::default(), &signed, b"body"));
        for bad in ["sha256=", "sha256=zz", "sha256=é", &hex] {
            let Ok(value) = bad.parse() else { continue };
            let mut bad = HeaderMap::new();
            bad.insert("x-hub-signature-256", value);
            assert!(!is_genuine(&secrets, &bad, b"body"));
        }
        assert!(is_genuine(
            &secrets,
            &headers("x-gitlab-token", "token"),
            b""
        ));
        assert!(!is_genuine(
            &secrets,
            &headers("x-gitlab-token", "tok"),
            b""
        ));
        assert!(!is_genuine(&secrets, &HeaderMap::new(), b""));
    }

    #[test]
    fn each_repository_is_named_once() {
        let message = json!({"repository": {"clone_url": "https://h/a/b.git",
            "html_url": "https://h/a/b", "ssh_url": "git@h:a/b.git"}});
        assert_eq!(urls(&message), ["https://h/a/b.git"]);
        assert!(urls(&json!([])).is_empty());
    }
}
