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
        yaml::{ReadOptions, YamlError, read},
    },
    sandbox::{
        decode::{parse, syntax_error},
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
/// The media type is not read here, or the document is broken (`transformDecodeError` of
/// `apiserver/pkg/endpoints/handlers/rest.go`).
pub fn document(headers: &HeaderMap, bytes: &[u8], expected: &Gvk) -> ApiResult<Document> {
    let unrecognized = |error: String| {
        let kind = &expected.kind;
        // What is sent for a Secret is not shown again.
        let shown = match kind.as_str() {
            "Secret" => String::new(),
            _ => format!(" ({})", summary(bytes)),
        };
        ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): {error}{shown}"
        ))
    };
    let document = match media_type(headers).as_str() {
        protobuf::MEDIA_TYPE => return typed(bytes, expected, unrecognized),
        "application/json" => json(bytes).map_err(|error| unrecognized(untold(&error)))?,
        "application/yaml" => yaml(bytes).map_err(unrecognized)?,
        _ => return Err(ApiError::unsupported_media_type(READABLE)),
    };
    match kind_problem(&document.value) {
        Some(problem) => Err(unrecognized(untold(&problem))),
        None => Ok(document),
    }
}

fn untold(error: &str) -> String {
    format!("couldn't get version/kind; json parse error: {error}")
}

/// Why a document does not even tell its kind.
fn kind_problem(value: &Value) -> Option<String> {
    const TYPE: &str = r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
    let word = |value: &Value| match value {
        Value::Bool(_) => Some("bool"),
        Value::Number(_) => Some("number"),
        Value::String(_) => Some("string"),
        Value::Array(_) => Some("array"),
        Value::Object(_) => Some("object"),
        Value::Null => None,
    };
    let Value::Object(map) = value else {
        return word(value)
            .map(|word| format!("json: cannot unmarshal {word} into Go value of type {TYPE}"));
    };
    ["apiVersion", "kind"].iter().find_map(|field| {
        let value = map.get(*field).filter(|value| !value.is_string())?;
        let word = word(value)?;
        Some(format!(
            "json: cannot unmarshal {word} into Go struct field .{field} of type string"
        ))
    })
}

/// The beginning of a body for people: as it is when it may be JSON, else in hexadecimal digits.
fn summary(bytes: &[u8]) -> String {
    const MOST: usize = 30;
    let (head, rest) = bytes.split_at(bytes.len().min(MOST));
    let end = if rest.is_empty() { "" } else { " ..." };
    match head.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => format!("{}{end}", String::from_utf8_lossy(head)),
        Some(_) => {
            let digits: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{digits}{end}")
        }
    }
}

/// Reads protobuf.
fn typed(
    bytes: &[u8],
    expected: &Gvk,
    unrecognized: impl Fn(String) -> ApiError,
) -> ApiResult<Document> {
    let opened =
        protobuf::open(bytes, expected).map_err(|error| unrecognized(error.to_string()))?;
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
/// It is broken; tells how in the words of Go's decoder.
pub fn json(bytes: &[u8]) -> Result<Document, String> {
    let (value, twice) =
        parse(bytes).map_err(|error| syntax_error(bytes).unwrap_or_else(|| error.to_string()))?;
    let complaints = twice
        .iter()
        .map(|path| format!("duplicate field {path:?}"))
        .collect();
    Ok(Document { value, complaints })
}

/// Reads YAML of one document.
///
/// # Errors
/// It is broken, or holds several documents; an open bracket is told as the original tells it.
pub fn yaml(bytes: &[u8]) -> Result<Document, String> {
    let mut documents = read(bytes, &ReadOptions::default()).map_err(|error| {
        let at = error.position();
        match (bytes.get(at.offset), error) {
            (Some(b'['), YamlError::Syntax { what, .. }) if what.contains("not closed") => {
                format!("yaml: line {}: did not find expected ',' or ']'", at.line)
            }
            (Some(b'{'), YamlError::Syntax { what, .. }) if what.contains("not closed") => {
                format!("yaml: line {}: did not find expected ',' or '}}'", at.line)
            }
            (_, YamlError::Syntax { what, .. }) => format!("yaml: line {}: {what}", at.line),
            (_, other) => format!("yaml: {other}"),
        }
    })?;
    let value = match documents.len() {
        0 => Value::Null,
        1 => documents.swap_remove(0).value,
        _ => return Err("the body holds more than one YAML document".to_owned()),
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
