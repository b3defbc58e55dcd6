//! Answers.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use super::accept::Encoding;
use crate::{
    object::yaml,
    sandbox::{error::ApiError, form::to_bytes},
};

/// An answer with JSON bytes, which get the end of a line, written as YAML if that is wanted.
pub fn bytes(code: u16, mut json: Vec<u8>, encoding: Encoding) -> Response {
    let (media_type, body) = match encoding {
        Encoding::Json => {
            json.push(b'\n');
            ("application/json", json)
        }
        Encoding::Yaml => {
            let value: Value = serde_json::from_slice(&json).unwrap_or_default();
            ("application/yaml", yaml::write(&value).into_bytes())
        }
    };
    with_type(code, media_type, body)
}

/// An answer with a value.
pub fn value(code: u16, value: &Value) -> Response {
    bytes(code, to_bytes(value), Encoding::Json)
}

/// An answer of any media type.
pub fn with_type(code: u16, media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// The answer of a path that nobody serves.
pub fn page_not_found() -> Response {
    with_type(404, "text/plain; charset=utf-8", "404 page not found\n")
}

/// An error as a Status.
pub fn error(error: &ApiError) -> Response {
    let mut response = value(error.code, &error.to_status());
    if let Some(seconds) = error.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Adds `Warning` headers, as `k8s.io/apimachinery/pkg/util/net.NewWarningHeader` writes them.
pub fn warn(response: &mut Response, warnings: &[String]) {
    for warning in warnings {
        let escaped = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(header) = HeaderValue::from_str(&format!("299 - \"{escaped}\"")) {
            response.headers_mut().append(header::WARNING, header);
        }
    }
}
