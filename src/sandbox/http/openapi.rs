//! `/openapi/v3`.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use super::reply;
use crate::sandbox::{Sandbox, openapi, registry::Registry};

/// Answers a path below `/openapi`; absent when there is no such document. Version 2 is not offered:
/// clients that know version 3 do not ask for it.
pub fn page(
    sandbox: &Sandbox,
    registry: &Registry,
    words: &[String],
    headers: &HeaderMap,
) -> Option<Response> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (group, version) = match words.as_slice() {
        ["v3"] => return Some(reply::value(200, &openapi::index(registry))),
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
        assert!(get("v2", &headers).is_none());
    }
}
