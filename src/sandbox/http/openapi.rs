//! `/openapi/v3`, and as much of `/openapi/v2` as a client needs that finds nothing in version 3.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use super::reply;
use crate::sandbox::{Sandbox, openapi, registry::Registry};

/// The media type in which clients want version 2.
const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/// The same as it is answered: Go takes no `@` in a media type.
const V2_PROTOBUF_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// `Document { swagger: "2.0", info: { title: "Kubernetes", version: "v1.37.2" } }` of `openapiv2/OpenAPIv2.proto`.
const V2_DOCUMENT: &[u8] = b"\x0a\x032.0\x12\x15\x0a\x0aKubernetes\x12\x07v1.37.2";

fn version_2(headers: &HeaderMap) -> Response {
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if accepts
        .is_some_and(|accept| accept.contains(V2_PROTOBUF) || accept.contains(V2_PROTOBUF_TYPE))
    {
        return reply::with_type(200, V2_PROTOBUF_TYPE, V2_DOCUMENT.to_vec());
    }
    let info = serde_json::json!({"title": "Kubernetes", "version": "v1.37.2"});
    let document = serde_json::json!({
        "swagger": "2.0", "info": info, "paths": {}, "definitions": {},
    });
    reply::value(200, &document)
}

/// Answers a path below `/openapi`; absent when there is no such document. Version 2
/// describes no kind: `kubectl` asks for it about kinds that version 3 does not have.
pub fn page(
    sandbox: &Sandbox,
    registry: &Registry,
    words: &[String],
    headers: &HeaderMap,
) -> Option<Response> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (group, version) = match words.as_slice() {
        ["v3"] => return Some(reply::value(200, &openapi::index(registry))),
        ["v2"] => return Some(version_2(headers)),
        ["v3", "api", version] => ("", *version),
        ["v3", "apis", group, version] => (*group, *version),
        _ => return None,
    };
    let cached = sandbox.openapi().document(registry, group, version)?;
    let tag = format!("\"{}\"", cached.hash);
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        let mut response = reply::with_type(304, "application/json", Vec::new());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        reply::with_type(200, "application/json", cached.bytes.to_vec())
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::SandboxOptions;

    #[test]
    fn documents_are_found_and_tagged() {
        let sandbox = Sandbox::new(SandboxOptions::default());
        let registry = Registry::built_in();
        let get = |path: &str, headers: &HeaderMap| {
            let words: Vec<String> = path.split('/').map(str::to_owned).collect();
            page(&sandbox, &registry, &words, headers)
        };
        let mut headers = HeaderMap::new();
        let first = get("v3/apis/apps/v1", &headers).unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].clone();
        headers.insert(header::IF_NONE_MATCH, tag);
        let again = get("v3/apis/apps/v1", &headers).unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(get("v3", &headers).is_some());
        assert!(get("v3/api/v1", &headers).is_some());
        assert!(get("v3/apis/none/v1", &headers).is_none());
        headers.insert(header::ACCEPT, HeaderValue::from_static(V2_PROTOBUF));
        let second = get("v2", &headers).unwrap();
        assert_eq!(second.status(), StatusCode::OK);
        assert_eq!(second.headers()[header::CONTENT_TYPE], V2_PROTOBUF_TYPE);
    }
}
