//! What the controller answers over HTTP: certificate, verify, rotate, health and metrics.
//!
//! Mirrors `pkg/controller/server.go` of sealed-secrets, with its gaps closed: bodies are limited, verify and
//! rotate take POST only, both are limited by the peer itself and not by a header that the peer chooses, and
//! neither runs a template.

mod body;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::Instant,
};

use body::{body_of, leave};

pub use body::{MAX_BODY, MAX_DRAINED};

use super::{
    guests::{Guest, Guests},
    keys::Keys,
    limiter::{Limiter, Verdict, network},
    metrics::Metrics,
};
use crate::{
    api::sealed_secret::SealedSecret,
    clock::Clock,
    object::yaml::{self, ReadOptions},
    seal::{self, Certificate, DeprecatedData},
};

/// How many bodies are read, waited with or computed with at a time, so that strangers cannot take all memory.
const MAX_BODIES: usize = 32;

/// How many of them are of one peer.
const MAX_BODIES_OF_PEER: usize = 8;

/// How long one who asks too often waits to hear it, so that asking at once again takes no processor from others.
const REFUSAL_DELAY: Duration = Duration::from_millis(200);

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
    bodies: Arc<Semaphore>,
    guests: Guests,
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
            computing: Arc::new(Semaphore::new((processors() / 2).max(1))),
            bodies: Arc::new(Semaphore::new(MAX_BODIES)),
            guests: Guests::default(),
            renew: Arc::default(),
            settings,
        }
    }

    /// Makes a new sealing key now (SIGUSR1).
    pub fn renew_key(&self) {
        self.renew.notify_one();
    }

    /// A place for one more body of a peer.
    fn place(&self, peer: &str) -> Option<(Guest, OwnedSemaphorePermit)> {
        let guest = self.guests.admit(peer.to_owned(), MAX_BODIES_OF_PEER)?;
        let place = self.bodies.clone().try_acquire_owned().ok()?;
        Some((guest, place))
    }

    /// Where the loop of the keys hears of [`Handle::renew_key`].
    pub(super) fn renewals(&self) -> Arc<Notify> {
        self.renew.clone()
    }
}

/// How many processors there are; half of them compute for strangers, one at least.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The routes of the service port.
pub fn router(handle: Handle) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/livez", get(healthz))
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
    let now = handle.clock.now();
    handle.metrics.sealing_keys().refresh(now);
    let tries = handle.keys.with(|ring| ring.tries());
    handle.metrics.set_key_tries(tries);
    ([(header::CONTENT_TYPE, OPENMETRICS)], handle.metrics.text())
}

async fn certificate(State(handle): State<Handle>, request: Request) -> Response {
    let (start, method) = (Instant::now(), request.method().clone());
    leave(request.into_body());
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
        let opens = handle
            .keys
            .with(|ring| seal::opens(sealed, ring, deprecated));
        if opens {
            StatusCode::OK.into_response()
        } else {
            StatusCode::CONFLICT.into_response()
        }
    })
    .await
}

async fn rotate(State(handle): State<Handle>, request: Request) -> Response {
    limited(handle, Path::Rotate, request, |handle, current, sealed| {
        let deprecated = handle.settings.deprecated;
        let resealed = current.and_then(|certificate| {
            handle.keys.with(|ring| {
                if !seal::opens(sealed, ring, deprecated) {
                    return None;
                }
                seal::reseal(sealed, ring, certificate, deprecated).ok()
            })
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
    let place = verdict.allowed.then(|| handle.place(&peer)).flatten();
    let is_place_taken = place.is_some();
    let mut response = match place {
        None => {
            leave(request.into_body());
            tokio::time::sleep(REFUSAL_DELAY).await;
            plain(StatusCode::TOO_MANY_REQUESTS, "limit exceeded\n")
        }
        Some(_) if method != Method::POST => {
            leave(request.into_body());
            refuse_method("POST")
        }
        Some(_place) => match body_of(request, handle.settings.read_timeout).await {
            Ok(body) => computed(&handle, body, answer).await,
            Err(status) => status.into_response(),
        },
    };
    put_limits(response.headers_mut(), &verdict);
    let code = response.status().as_u16();
    if is_place_taken {
        tracing::info!(path = path.text(), peer, code, "answered");
    } else {
        // The log must not be flooded with the requests.
        tracing::debug!(path = path.text(), peer, code, "refused");
    }
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

/// Who asks, by the address of the connection.
fn peer_of(request: &Request) -> String {
    match request.extensions().get::<ConnectInfo<SocketAddr>>() {
        Some(ConnectInfo(address)) => network(address.ip()),
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
mod properties;
#[cfg(test)]
mod tests;
