//! Bodies: how much, in which media type, and what they hold.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use futures::StreamExt;
use serde_json::Value;

use crate::{
    object::{
        Gvk,
        yaml::{ReadOptions, read},
    },
    sandbox::{
        decode::parse,
        error::{ApiError, ApiResult},
        protobuf,
    },
};

/// The most bytes of a request (`MaxRequestBodyBytes`).
pub const MAX_BODY: usize = 3 << 20;
/// The most bytes taken in of a body that is too large: a client that still sends would not see the answer.
const MAX_DRAINED: usize = 64 << 20;
/// Media types that the server reads.
pub const READABLE: &str =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// Reads a whole body.
///
/// # Errors
/// It is too large, or the client went away.
pub async fn collect(body: Body) -> ApiResult<Bytes> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut read = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ApiError::bad_request(error.to_string()))?;
        read = read.saturating_add(chunk.len());
        if read <= MAX_BODY {
            bytes.extend_from_slice(&chunk);
        } else if read > MAX_DRAINED {
            break;
        }
    }
    if read > MAX_BODY {
        return Err(ApiError::too_large(format!("limit is {MAX_BODY}")));
    }
    Ok(bytes.into())
}

/// The media type of a body without parameters, JSON when nothing is said.
pub fn media_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| "application/json".to_owned())
}

/// A body with what a strict reader says of it.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The document.
    pub value: Value,
    /// Fields that are given twice, as `duplicate field "a.b"`.
    pub complaints: Vec<String>,
}

/// Reads a body of one document, of the kind `expected` where it does not say its own.
///
/// # Errors
/// The media type is not read here, or the document is broken.
pub fn document(headers: &HeaderMap, bytes: &[u8], expected: &Gvk) -> ApiResult<Document> {
    match media_type(headers).as_str() {
        protobuf::MEDIA_TYPE => typed(bytes, expected),
        "application/json" => json(bytes),
        "application/yaml" => yaml(bytes),
        _ => Err(ApiError::unsupported_media_type(READABLE)),
    }
}

/// Reads protobuf (`transformDecodeError` of `apiserver/pkg/endpoints/handlers/rest.go`).
fn typed(bytes: &[u8], expected: &Gvk) -> ApiResult<Document> {
    let opened = protobuf::open(bytes, expected).map_err(|error| {
        ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): {error}",
            expected.kind
        ))
    })?;
    let value = opened.value().map_err(|error| {
        let given = &opened.gvk;
        ApiError::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: {error}",
            given.kind, given.version, expected.kind
        ))
    })?;
    Ok(Document {
        value,
        complaints: Vec::new(),
    })
}

/// Reads JSON.
///
/// # Errors
/// It is broken.
pub fn json(bytes: &[u8]) -> ApiResult<Document> {
    let (value, twice) = parse(bytes).map_err(|error| {
        ApiError::bad_request(format!(
            "couldn't get version/kind; json parse error: {error}"
        ))
    })?;
    let complaints = twice
        .iter()
        .map(|path| format!("duplicate field {path:?}"))
        .collect();
    Ok(Document { value, complaints })
}

/// Reads YAML of one document.
///
/// # Errors
/// It is broken, or holds several documents.
pub fn yaml(bytes: &[u8]) -> ApiResult<Document> {
    let mut documents = read(bytes, &ReadOptions::default()).map_err(|error| {
        ApiError::bad_request(format!("error converting YAML to JSON: {error}"))
    })?;
    let value = match documents.len() {
        0 => Value::Null,
        1 => documents.swap_remove(0).value,
        _ => {
            return Err(ApiError::bad_request(
                "the body holds more than one YAML document",
            ));
        }
    };
    Ok(Document {
        value,
        complaints: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn a_body_over_the_limit_is_taken_in_up_to_a_bound() {
        for (mebibytes, taken) in [(3, 3), (20, 20), (200, 65)] {
            let count = Arc::new(AtomicUsize::new(0));
            let counted = count.clone();
            let chunk = Bytes::from(vec![b' '; 1 << 20]);
            let chunks = futures::stream::iter(0..mebibytes).map(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok::<_, std::convert::Infallible>(chunk.clone())
            });
            let body = collect(Body::from_stream(chunks)).await;
            assert_eq!(body.is_ok(), mebibytes == 3);
            assert_eq!(count.load(Ordering::Relaxed), taken);
        }
    }
}
