//! The proxy: passes requests on, and every now and then does what networks and servers do.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::sequence::Chance;

/// One request in so many is disturbed, unless a story says otherwise.
const ONE_IN: u64 = 4;
/// The most requests in a row that are disturbed: nobody can get through a network that lets nothing pass.
const MOST_IN_A_ROW: u64 = 2;
/// The most watches that are disturbed, for each is begun again after a pause by the machine's clock.
const MOST_WATCHES: u64 = 12;

/// What can happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A watch breaks off after a few events.
    CutWatch,
    /// A watch or the next page of a list is too old: 410.
    Gone,
    /// A write came too late: 409.
    Conflict,
    /// The server has too much to do: 429 with Retry-After.
    TooMany,
    /// The server failed: 500.
    Internal,
    /// A write is done, and the answer never arrives.
    LostAnswer,
    /// Everything takes a while.
    Delay,
    /// The answer breaks off in the middle.
    Truncate,
}

impl Fault {
    pub const ALL: &[Self] = &[
        Self::CutWatch,
        Self::Gone,
        Self::Conflict,
        Self::TooMany,
        Self::Internal,
        Self::LostAnswer,
        Self::Delay,
        Self::Truncate,
    ];

    fn fits(self, asked: &Asked) -> bool {
        match self {
            Self::CutWatch => asked.is_watch,
            Self::Gone => asked.is_watch || asked.is_next_page,
            Self::Conflict => matches!(asked.method, Method::PUT | Method::PATCH),
            Self::LostAnswer => asked.method != Method::GET,
            Self::TooMany | Self::Internal | Self::Truncate => !asked.is_watch,
            Self::Delay => true,
        }
    }
}

struct Asked {
    method: Method,
    is_watch: bool,
    is_next_page: bool,
}

/// A way to a server on which things go wrong. Cheap to clone.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    faults: Vec<Fault>,
    one_in: u64,
    chance: Mutex<Chance>,
    state: Mutex<Counts>,
    is_quiet: AtomicBool,
}

#[derive(Default)]
struct Counts {
    in_a_row: u64,
    watches: u64,
    done: BTreeMap<Fault, u64>,
    committed: Vec<(Method, String)>,
}

impl Proxy {
    pub fn new(seed: u64, faults: &[Fault]) -> Self {
        Self::one_in(ONE_IN, seed, faults)
    }

    /// One that disturbs one request in so many.
    pub fn one_in(one_in: u64, seed: u64, faults: &[Fault]) -> Self {
        Self(Arc::new(Inner {
            faults: faults.to_vec(),
            one_in,
            chance: Mutex::new(Chance::new(seed)),
            state: Mutex::default(),
            is_quiet: AtomicBool::new(false),
        }))
    }

    /// The service, reached through the proxy.
    pub fn before(&self, service: Router) -> Router {
        service.layer(from_fn_with_state(self.clone(), pass))
    }

    /// From now on nothing goes wrong any more.
    pub fn be_quiet(&self) {
        self.0.is_quiet.store(true, Ordering::SeqCst);
    }

    /// How often each fault was done.
    pub fn done(&self) -> BTreeMap<Fault, u64> {
        self.0.state.lock().unwrap().done.clone()
    }

    /// The writes that the server has done, whatever the answer became: method, and kind with name.
    pub fn committed(&self) -> Vec<(Method, String)> {
        self.0.state.lock().unwrap().committed.clone()
    }

    /// How often objects of a kind and of any name were made.
    pub fn made(&self, kind: &str) -> BTreeMap<String, u64> {
        self.counted(&Method::POST, kind)
    }

    /// How often objects of a kind were deleted.
    pub fn deleted(&self, kind: &str) -> BTreeMap<String, u64> {
        self.counted(&Method::DELETE, kind)
    }

    fn counted(&self, method: &Method, kind: &str) -> BTreeMap<String, u64> {
        let mut found = BTreeMap::new();
        for (done, object) in self.committed() {
            if let (true, Some(name)) = (done == *method, object.strip_prefix(&format!("{kind} ")))
            {
                *found.entry(name.to_owned()).or_default() += 1;
            }
        }
        found
    }

    fn next(&self, asked: &Asked) -> Option<Fault> {
        if self.0.is_quiet.load(Ordering::SeqCst) {
            return None;
        }
        let fitting: Vec<Fault> = self
            .0
            .faults
            .iter()
            .copied()
            .filter(|f| f.fits(asked))
            .collect();
        let mut state = self.0.state.lock().unwrap();
        let mut chance = self.0.chance.lock().unwrap();
        let is_spared = fitting.is_empty()
            || (asked.is_watch && state.watches >= MOST_WATCHES)
            || state.in_a_row >= MOST_IN_A_ROW
            || !chance.once_in(self.0.one_in);
        if is_spared {
            state.in_a_row = 0;
            return None;
        }
        let fault = *chance.pick(&fitting);
        state.in_a_row += 1;
        state.watches += u64::from(asked.is_watch);
        *state.done.entry(fault).or_default() += 1;
        Some(fault)
    }

    fn below(&self, bound: u64) -> u64 {
        self.0.chance.lock().unwrap().below(bound)
    }

    /// Lets the server answer, and takes note of what it has done.
    async fn forward(&self, request: Request, next: Next) -> Response {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let answer = next.run(request).await;
        if method == Method::GET || !answer.status().is_success() || query.contains("dryRun") {
            return answer;
        }
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let object: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let name = match (&object["metadata"]["name"], &object["details"]["name"]) {
            (Value::String(name), _) | (_, Value::String(name)) => name.clone(),
            _ => path.rsplit('/').next().unwrap_or_default().to_owned(),
        };
        let resource = path
            .split('/')
            .rev()
            .find(|part| part.ends_with('s') && *part != name && *part != "status")
            .unwrap_or_default();
        let line = format!("{resource} {name}");
        self.0.state.lock().unwrap().committed.push((method, line));
        Response::from_parts(parts, Body::from(bytes))
    }
}

async fn pass(State(proxy): State<Proxy>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = Asked {
        method: request.method().clone(),
        is_watch: query.contains("watch=true") || query.contains("watch=1"),
        is_next_page: query.contains("continue="),
    };
    match proxy.next(&asked) {
        None => proxy.forward(request, next).await,
        Some(Fault::Gone) => refused(StatusCode::GONE, "Expired", "too old resource version"),
        Some(Fault::Conflict) => {
            let message =
                "the object has been modified; please apply your changes to the latest version";
            refused(StatusCode::CONFLICT, "Conflict", message)
        }
        Some(Fault::TooMany) => {
            let mut answer = refused(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "too many requests, please try again later",
            );
            answer.headers_mut().insert(header::RETRY_AFTER, 1.into());
            answer
        }
        Some(Fault::Internal) => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "Internal error occurred",
        ),
        Some(Fault::LostAnswer) => {
            let answer = proxy.forward(request, next).await;
            if proxy.below(2) == 0 {
                return refused(
                    StatusCode::GATEWAY_TIMEOUT,
                    "Timeout",
                    "the request timed out",
                );
            }
            broken(answer.status(), Bytes::new())
        }
        Some(Fault::Delay) => {
            tokio::time::sleep(Duration::from_millis(1 + proxy.below(15))).await;
            proxy.forward(request, next).await
        }
        Some(Fault::Truncate) => {
            let answer = proxy.forward(request, next).await;
            let status = answer.status();
            let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            let half = bytes.slice(..bytes.len() / 2);
            if proxy.below(2) == 0 {
                // As if that were all.
                return (status, [(header::CONTENT_TYPE, "application/json")], half)
                    .into_response();
            }
            broken(status, half)
        }
        Some(Fault::CutWatch) => {
            let answer = proxy.forward(request, next).await;
            let most = usize::try_from(proxy.below(4)).unwrap();
            let is_clean = proxy.below(2) == 0;
            let (parts, body) = answer.into_parts();
            let seen = body.into_data_stream().take(most);
            let end = stream::iter((!is_clean).then(|| Err(axum::Error::new(cut()))));
            Response::from_parts(parts, Body::from_stream(seen.chain(end)))
        }
    }
}

fn cut() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::ConnectionReset,
        "the connection was cut",
    )
}

/// An answer whose connection is cut after some bytes.
fn broken(status: StatusCode, bytes: Bytes) -> Response {
    let parts = stream::iter([Ok(bytes), Err(cut())]);
    (status, Body::from_stream(parts)).into_response()
}

fn refused(status: StatusCode, reason: &str, message: &str) -> Response {
    let code = status.as_u16();
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code});
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}
