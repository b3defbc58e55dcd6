//! The HTTP API of Prometheus, as much of it as analysis and people need.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query as Parameters, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{Method, StatusCode, Uri, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Simulation;
use crate::promql::{QueryError, Steps, failure, success};

/// The most bytes of a form.
const MAX_FORM_BYTES: usize = 32 << 10;

/// What Prometheus answers.
pub(super) fn router(simulation: Simulation) -> Router {
    Router::new()
        .route("/api/v1/query", get(query).post(query))
        .route("/api/v1/query_range", get(query_range).post(query_range))
        .route("/api/v1/label/{name}/values", get(label_values))
        .route("/-/healthy", get("Prometheus Server is Healthy.\n"))
        .route("/-/ready", get("Prometheus Server is Ready.\n"))
        .fallback(|| async { (StatusCode::NOT_FOUND, "404 page not found\n") })
        .layer(axum::extract::DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(simulation)
}

type Form = BTreeMap<String, String>;

async fn query(
    State(simulation): State<Simulation>,
    method: Method,
    Parameters(inline): Parameters<Form>,
    body: Bytes,
) -> Response {
    let asked = || {
        let form = form(&method, inline, &body)?;
        let at = match form.get("time") {
            Some(text) => instant("time", text).map_err(|_| {
                let why = "invalid time value for 'time': cannot parse";
                QueryError::bad_parameter("time", &format!("{why} \"{text}\" to a valid timestamp"))
            })?,
            None => simulation.clock().now(),
        };
        let value = simulation.query(text(&form, "query"), at)?;
        Ok(success(&value, at.as_millisecond()))
    };
    answer(asked())
}

async fn query_range(
    State(simulation): State<Simulation>,
    method: Method,
    Parameters(inline): Parameters<Form>,
    body: Bytes,
) -> Response {
    let asked = || {
        let form = form(&method, inline, &body)?;
        let start = instant("start", text(&form, "start"))?;
        let end = instant("end", text(&form, "end"))?;
        let step = span("step", text(&form, "step"))?;
        let steps = Steps::new(start, end, step)?;
        let value = simulation.query_range(text(&form, "query"), steps)?;
        Ok(success(&value, 0))
    };
    answer(asked())
}

async fn label_values(State(simulation): State<Simulation>, Path(name): Path<String>) -> Response {
    let values = simulation.with_store(|store| json!(store.label_values(&name)));
    answer(Ok(json!({"status": "success", "data": values}).to_string()))
}

fn answer(body: Result<String, QueryError>) -> Response {
    let (status, body) = match body {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => {
            let status = StatusCode::from_u16(error.kind.status());
            (
                status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                failure(&error),
            )
        }
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The parameters of the URL, and those of the body of a POST, which come first.
fn form(method: &Method, inline: Form, body: &Bytes) -> Result<Form, QueryError> {
    let mut form = inline;
    if method == Method::POST && !body.is_empty() {
        let bad = |_| QueryError::bad_data("error parsing form values: not a form");
        let text = std::str::from_utf8(body)
            .map_err(|_| QueryError::bad_data("error parsing form values: not UTF-8"))?;
        let uri: Uri = format!("/?{text}")
            .parse()
            .map_err(|_| QueryError::bad_data("error parsing form values: not a form"))?;
        let Parameters(sent) = Parameters::<Form>::try_from_uri(&uri).map_err(bad)?;
        form.extend(sent);
    }
    Ok(form)
}

fn text<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// Seconds since the epoch, or RFC 3339.
fn instant(name: &str, text: &str) -> Result<Timestamp, QueryError> {
    let seconds = text.parse::<f64>().ok().and_then(from_seconds);
    seconds
        .and_then(|since| Timestamp::UNIX_EPOCH.checked_add(since).ok())
        .or_else(|| text.parse().ok())
        .ok_or_else(|| {
            QueryError::bad_parameter(
                name,
                &format!("cannot parse \"{text}\" to a valid timestamp"),
            )
        })
}

/// Seconds, or a duration such as `1m30s`.
fn span(name: &str, text: &str) -> Result<SignedDuration, QueryError> {
    let seconds = text.parse::<f64>().ok().and_then(from_seconds);
    let written = || text.parse::<SignedDuration>().ok();
    seconds.or_else(written).ok_or_else(|| {
        QueryError::bad_parameter(
            name,
            &format!("cannot parse \"{text}\" to a valid duration"),
        )
    })
}

/// To the millisecond, as Prometheus keeps time.
fn from_seconds(seconds: f64) -> Option<SignedDuration> {
    let whole = SignedDuration::try_from_secs_f64(seconds).ok()?;
    let millis = whole.as_nanos().checked_add(500_000)?.div_euclid(1_000_000);
    i64::try_from(millis).ok().map(SignedDuration::from_millis)
}
