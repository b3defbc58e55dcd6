//! The body of a request, within bounds, and what is left of one that is refused.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
};
use futures::StreamExt;
use http::{StatusCode, header};

/// The most bytes of a request body that are kept.
pub const MAX_BODY: usize = 1024 * 1024;

/// How many bytes of a refused body are taken and thrown away, so that the peer hears the answer.
pub const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// For how long a refused body is taken.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Reads the body of a request; one that is too large is refused without being kept.
///
/// # Errors
/// The code that the request is to be answered with.
pub(super) async fn body_of(request: Request, timeout: Duration) -> Result<Bytes, StatusCode> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        leave(request.into_body());
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
            leave(Body::new(parts));
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

/// Takes the rest of a body that nobody wants and throws it away. A body that is dropped half read resets a stream of
/// HTTP/2 and closes a connection of HTTP/1, and the peer may lose the answer with it.
pub(super) fn leave(body: Body) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut parts = body.into_data_stream();
        let mut taken = 0;
        while let Some(Ok(part)) = parts.next().await {
            taken += part.len();
            if taken > MAX_DRAINED {
                return;
            }
        }
    }));
}
