//! What the controller answers over HTTP: certificate, verify, rotate, health and metrics.
//!
//! Mirrors `pkg/controller/server.go` of sealed-secrets, with its gaps closed: bodies are limited, verify and
//! rotate take POST only, both are limited by the peer itself and not by a header that the peer chooses, and
//! neither runs a template.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::{
    sync::{Notify, Semaphore},
    task::spawn_blocking,
    time::Instant,
};

use super::{
    keys::Keys,
    limiter::{Limiter, Verdict},
    metrics::Metrics,
};
use crate::{
    api::sealed_secret::SealedSecret,
    clock::Clock,
    object::yaml::{self, ReadOptions},
    seal::{self, Certificate, DeprecatedData},
};

/// The most bytes of a request body that are read.
pub const MAX_BODY: usize = 1024 * 1024;

/// How many requests may compute at once; the others wait, so that strangers cannot take all processors.
const MAX_COMPUTING: usize = 2;

/// Who asks, where the connection does not say: a caller in this process.
const IN_PROCESS: &str = "in-process";

/// Type of the metrics text.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeSettings {
    /// Requests a second and peer to verify and to rotate (`--rate-limit`), 0 for no limit.
    pub rate_limit: u32,
    /// How many more at once (`--rate-limit-burst`).
    pub rate_limit_burst: u32,
    /// How long a request may take to arrive (`--read-timeout`).
    pub read_timeout: Duration,
    /// Whether the deprecated `spec.data` is opened.
    pub deprecated: DeprecatedData,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            rate_limit: 2,
            rate_limit_burst: 2,
            read_timeout: Duration::from_secs(120),
            deprecated: DeprecatedData::Accept,
        }
    }
}

/// What the answers are made from, shared with the loops. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    /// The keys that are loaded now.
    pub keys: Keys,
    /// The figures that are shown.
    pub metrics: Metrics,
    clock: Clock,
    limiter: Limiter,
    computing: Arc<Semaphore>,
    renew: Arc<Notify>,
    settings: ServeSettings,
}

impl Handle {
    /// A handle without keys yet.
    pub fn new(clock: &Clock, metrics: Metrics, settings: ServeSettings) -> Self {
        Self {
            keys: Keys::new(),
            metrics,
            clock: clock.clone(),
            limiter: Limiter::new(settings.rate_limit, settings.rate_limit_burst),
            computing: Arc::new(Semaphore::new(MAX_COMPUTING)),
            renew: Arc::default(),
            settings,
        }
    }

    /// Makes a new sealing key now (SIGUSR1).
    pub fn renew_key(&self) {
        self.renew.notify_one();
    }

    /// Where the loop of the keys hears of [`Handle::renew_key`].
    pub(super) fn renewals(&self) -> Arc<Notify> {
        self.renew.clone()
    }
}

/// The routes of the service port.
pub fn router(handle: Handle) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route(Path::Certificate.text(), any(certificate))
        .route(Path::Verify.text(), any(verify))
        .route(Path::Rotate.text(), any(rotate))
        .with_state(handle)
}

/// The routes of the metrics port.
pub fn metrics_router(handle: Handle) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(handle)
}

/// The paths that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Certificate,
    Verify,
    Rotate,
}

impl Path {
    fn text(self) -> &'static str {
        match self {
            Self::Certificate => "/v1/cert.pem",
            Self::Verify => "/v1/verify",
            Self::Rotate => "/v1/rotate",
        }
    }
}

async fn healthz() -> impl IntoResponse {
    plain(StatusCode::OK, "ok\n")
}

async fn readyz(State(handle): State<Handle>) -> impl IntoResponse {
    if handle.keys.is_ready() {
        plain(StatusCode::OK, "ok\n")
    } else {
        plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "sealing keys are not loaded yet\n",
        )
    }
}

async fn metrics(State(handle): State<Handle>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, OPENMETRICS)], handle.metrics.text())
}

async fn certificate(State(handle): State<Handle>, request: Request) -> Response {
    let (start, method) = (Instant::now(), request.method().clone());
    let answer = if !matches!(method, Method::GET | Method::HEAD) {
        refuse_method("GET, HEAD")
    } else {
        match handle.keys.certificate(handle.clock.now()) {
            Some(certificate) => (
                [(header::CONTENT_TYPE, "application/x-pem-file")],
                certificate.pem().to_owned(),
            )
                .into_response(),
            None => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "cannot get certificate\n",
            ),
        }
    };
    counted(&handle, Path::Certificate, &method, start, answer)
}

async fn verify(State(handle): State<Handle>, request: Request) -> Response {
    limited(handle, Path::Verify, request, |handle, _, sealed| {
        let deprecated = handle.settings.deprecated;
        match handle
            .keys
            .with(|ring| seal::check(sealed, ring, deprecated))
        {
            Ok(()) => StatusCode::OK.into_response(),
            Err(_) => StatusCode::CONFLICT.into_response(),
        }
    })
    .await
}

async fn rotate(State(handle): State<Handle>, request: Request) -> Response {
    limited(handle, Path::Rotate, request, |handle, current, sealed| {
        let deprecated = handle.settings.deprecated;
        let resealed = current.and_then(|certificate| {
            handle
                .keys
                .with(|ring| seal::reseal(sealed, ring, certificate, deprecated).ok())
        });
        match resealed {
            Some(mut resealed) => {
                // As the original: kubeseal puts both back.
                resealed.kind.clear();
                resealed.api_version.clear();
                resealed.status = None;
                let kind = [(header::CONTENT_TYPE, "application/json")];
                (kind, resealed.to_value().to_string()).into_response()
            }
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    })
    .await
}

/// Answers a request with a SealedSecret: counted, limited by peer, read within bounds, computed apart.
async fn limited(
    handle: Handle,
    path: Path,
    request: Request,
    answer: impl FnOnce(&Handle, Option<&Certificate>, &SealedSecret) -> Response + Send + 'static,
) -> Response {
    let (start, method) = (Instant::now(), request.method().clone());
    let peer = peer_of(&request);
    let verdict = handle.limiter.ask(&peer, path.text(), handle.clock.now());
    let mut response = if !verdict.allowed {
        plain(StatusCode::TOO_MANY_REQUESTS, "limit exceeded\n")
    } else if method != Method::POST {
        refuse_method("POST")
    } else {
        match body_of(request, handle.settings.read_timeout).await {
            Ok(body) => computed(&handle, body, answer).await,
            Err(status) => status.into_response(),
        }
    };
    put_limits(response.headers_mut(), &verdict);
    tracing::info!(
        path = path.text(),
        peer,
        code = response.status().as_u16(),
        "answered"
    );
    counted(&handle, path, &method, start, response)
}

async fn computed(
    handle: &Handle,
    body: Bytes,
    answer: impl FnOnce(&Handle, Option<&Certificate>, &SealedSecret) -> Response + Send + 'static,
) -> Response {
    // The semaphore is never closed.
    let Ok(_place) = handle.computing.acquire().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (handle, now) = (handle.clone(), handle.clock.now());
    spawn_blocking(move || match read(&body) {
        Some(sealed) => {
            let current = handle.keys.certificate(now);
            answer(&handle, current.as_ref(), &sealed)
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    })
    .await
    .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The one SealedSecret of a body, JSON or YAML; several documents are refused.
fn read(body: &[u8]) -> Option<SealedSecret> {
    let documents = yaml::read(body, &ReadOptions::default()).ok()?;
    match <[_; 1]>::try_from(documents) {
        Ok([document]) => SealedSecret::from_value(document.value).ok(),
        Err(_) => None,
    }
}

async fn body_of(request: Request, timeout: Duration) -> Result<Bytes, StatusCode> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    tokio::time::timeout(timeout, bounded(request.into_body()))
        .await
        .unwrap_or(Err(StatusCode::BAD_REQUEST))
}

async fn bounded(body: Body) -> Result<Bytes, StatusCode> {
    let mut parts = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| StatusCode::BAD_REQUEST)?;
        if bytes.len() + part.len() > MAX_BODY {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

/// Who asks: the address of the connection; of IPv6 the network, for the rest is the peer's to choose.
fn peer_of(request: &Request) -> String {
    match request.extensions().get::<ConnectInfo<SocketAddr>>() {
        Some(ConnectInfo(address)) => match address.ip().to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        None => IN_PROCESS.to_owned(),
    }
}

fn put_limits(headers: &mut HeaderMap, verdict: &Verdict) {
    let seconds = |time: jiff::SignedDuration| {
        let more = i64::from(time.subsec_nanos() > 0);
        HeaderValue::from(time.as_secs().saturating_add(more))
    };
    headers.insert("x-ratelimit-limit", verdict.limit.into());
    headers.insert("x-ratelimit-remaining", verdict.remaining.into());
    headers.insert("x-ratelimit-reset", seconds(verdict.reset));
    if let Some(retry) = verdict.retry {
        headers.insert(header::RETRY_AFTER, seconds(retry));
    }
}

fn counted(
    handle: &Handle,
    path: Path,
    method: &Method,
    start: Instant,
    answer: Response,
) -> Response {
    let code = answer.status().as_u16();
    handle
        .metrics
        .count_http(path.text(), method.as_str(), code, start.elapsed());
    answer
}

fn refuse_method(allowed: &'static str) -> Response {
    let allowed = [(header::ALLOW, allowed)];
    (StatusCode::METHOD_NOT_ALLOWED, allowed).into_response()
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let kind = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, kind, text).into_response()
}

#[cfg(test)]
mod tests;
