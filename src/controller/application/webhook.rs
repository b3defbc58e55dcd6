//! `POST /api/webhook`: a push was made. It may only make us fetch: nothing of its content is believed but the URL.

use std::sync::Arc;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore};

use super::run::Applier;
use crate::{api::base64, object::Object, secret::Hidden};

/// The most bytes of one message.
pub const MAX_BODY: usize = 1 << 20;

/// The most messages that are worked at together; others are asked to come again.
pub const MAX_TOGETHER: usize = 20;

/// For how long the secrets that were read last hold, so that strangers cannot make us read them again and again.
const SECRETS_HOLD: SignedDuration = SignedDuration::from_secs(10);

/// Seconds after which a sender may come again whose message could not be worked at.
const AGAIN_SECONDS: &str = "5";

/// The Secret with the secrets of the senders, in the namespace of the controller.
const SECRETS: &str = "argocd-secret";

/// The secrets that senders share with us; a sender without one is not heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookSecrets {
    /// GitHub: the key of the signature (`webhook.github.secret`).
    pub github: Option<Hidden<String>>,
    /// GitLab: the token (`webhook.gitlab.secret`).
    pub gitlab: Option<Hidden<String>>,
    /// Gogs and Gitea: the key of the signature (`webhook.gogs.secret`).
    pub gogs: Option<Hidden<String>>,
}

impl WebhookSecrets {
    fn of(secret: &Object) -> Self {
        let item = |name: &str| {
            let encoded = secret.at(&["data", name])?.as_str()?;
            let text = String::from_utf8(base64::decode(encoded).ok()?).ok()?;
            (!text.is_empty()).then(|| Hidden::new(text))
        };
        Self {
            github: item("webhook.github.secret"),
            gitlab: item("webhook.gitlab.secret"),
            gogs: item("webhook.gogs.secret"),
        }
    }
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

/// What answers.
struct Receiver {
    applier: Applier,
    places: Semaphore,
    secrets: Mutex<Option<(Timestamp, WebhookSecrets)>>,
}

/// The route; as long as nobody has a secret it is not there.
pub fn router(applier: Applier) -> Router {
    let receiver = Receiver {
        applier,
        places: Semaphore::new(MAX_TOGETHER),
        secrets: Mutex::default(),
    };
    Router::new()
        .route("/api/webhook", post(receive))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(receiver))
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match heard(&receiver, &headers, &body).await {
        StatusCode::SERVICE_UNAVAILABLE => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(RETRY_AFTER, AGAIN_SECONDS)],
        )
            .into_response(),
        status => status.into_response(),
    }
}

async fn heard(receiver: &Receiver, headers: &HeaderMap, body: &[u8]) -> StatusCode {
    let Ok(_place) = receiver.places.try_acquire() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let Some(secrets) = receiver.secrets().await else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    if secrets == WebhookSecrets::default() {
        return StatusCode::NOT_FOUND;
    }
    // Before a byte of it is read as anything.
    if !is_genuine(&secrets, headers, body) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return StatusCode::BAD_REQUEST;
    };
    for url in urls(&message) {
        if let Err(error) = receiver.applier.fetch(&url).await {
            tracing::warn!(%error, "a push could not be handed on");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    StatusCode::OK
}

impl Receiver {
    /// The secrets of now; `None` where they cannot be read.
    async fn secrets(&self) -> Option<WebhookSecrets> {
        let mut known = self.secrets.lock().await;
        let now = self.applier.clock.now();
        if let Some((at, secrets)) = &*known
            && now.duration_since(*at).abs() < SECRETS_HOLD
        {
            return Some(secrets.clone());
        }
        let found = self.applier.own("Secret", SECRETS).await.ok()?;
        let secrets = found.as_ref().map(WebhookSecrets::of).unwrap_or_default();
        // Only what is set is remembered: setting it works at once.
        if secrets != WebhookSecrets::default() {
            *known = Some((now, secrets.clone()));
        }
        Some(secrets)
    }
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
    let is_signed = |secret: &Hidden<String>, given: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let given = bytes_of_hex(given);
        given.is_some_and(|given| hmac::verify(&key, body, &given).is_ok())
    };
    // Gitea signs as GitHub does too; its own headers come first.
    for name in ["x-gitea-signature", "x-gogs-signature"] {
        if let (Some(secret), Some(given)) = (&secrets.gogs, header(name)) {
            return is_signed(secret, given);
        }
    }
    if let (Some(secret), Some(given)) = (&secrets.github, header("x-hub-signature-256")) {
        let given = given.strip_prefix("sha256=");
        return given.is_some_and(|given| is_signed(secret, given));
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
            gogs: None,
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
        let gitea = headers("x-gitea-signature", &hex);
        assert!(!is_genuine(&secrets, &gitea, b"body"));
        let both = WebhookSecrets {
            gogs: Some("key".to_owned().into()),
            ..secrets
        };
        assert!(is_genuine(&both, &gitea, b"body"));
        assert!(!is_genuine(&both, &gitea, b"other"));
    }

    #[test]
    fn each_repository_is_named_once() {
        let message = json!({"repository": {"clone_url": "https://h/a/b.git",
            "html_url": "https://h/a/b", "ssh_url": "git@h:a/b.git"}});
        assert_eq!(urls(&message), ["https://h/a/b.git"]);
        assert!(urls(&json!([])).is_empty());
    }
}
