//! Subresources.

use axum::{
    body::Body,
    http::{Method, Request, Uri},
    response::Response,
};
use tower::ServiceExt;

use super::{
    bind, body::collect, change, evict, handle::Call, object::Place, read, route::ResourcePath,
    scale,
};
use crate::sandbox::{
    Sandbox,
    error::{ApiError, ApiResult},
    write::UpdateKind,
};

/// Answers a request below an object.
pub async fn dispatch(call: Call, method: &Method, body: Body) -> ApiResult<Response> {
    let name = call.path.subresource.as_str();
    let is_known = call.resource.subresource(name).is_some()
        || (name == "status" && call.resource.has_status)
        || (name == "scale" && call.resource.scale.is_some());
    if !is_known || !call.path.rest.is_empty() {
        return Err(ApiError::no_resource());
    }
    match (name, method.as_str()) {
        ("status", "GET") => read::get(&call),
        ("status", "PUT") => {
            let bytes = collect(body).await?;
            let object = call.object(call.document(&bytes)?, Place::Body)?;
            change::put(call, object, UpdateKind::Status).await
        }
        ("status", "PATCH") => change::patch_part(call, body, UpdateKind::Status).await,
        ("finalize", "PUT") => {
            let bytes = collect(body).await?;
            let object = call.object(call.document(&bytes)?, Place::Body)?;
            change::put(call, object, UpdateKind::Whole).await
        }
        ("scale", _) => scale::scale(call, method, body).await,
        ("binding", "POST") => bind::bind(call, body).await,
        ("eviction", "POST") => evict::evict(call, body).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}

/// `services/NAME/proxy/…`, where NAME may be `http:NAME:PORT`.
pub async fn proxy(
    sandbox: &Sandbox,
    path: &ResourcePath,
    request: Request<Body>,
) -> ApiResult<Response> {
    if path.plural != "services" || !path.group.is_empty() {
        return Err(ApiError::no_resource());
    }
    let service = match path.name.split(':').collect::<Vec<_>>().as_slice() {
        [name] | [name, _] | ["http" | "https" | "", name, _] => (*name).to_owned(),
        _ => {
            return Err(ApiError::bad_request(format!(
                "invalid service request {:?}",
                path.name
            )));
        }
    };
    let Some(router) = sandbox.proxied(&path.namespace, &service) else {
        return Err(ApiError::unavailable(format!(
            "no endpoints available for service {service:?}"
        )));
    };
    let (mut parts, body) = request.into_parts();
    let mut target = format!("/{}", path.rest);
    if let Some(query) = parts.uri.query() {
        target.push('?');
        target.push_str(query);
    }
    parts.uri = target
        .parse::<Uri>()
        .map_err(|error| ApiError::bad_request(error.to_string()))?;
    // The token of this server is not for who stands behind it.
    parts.headers.remove(axum::http::header::AUTHORIZATION);
    let answer = router.oneshot(Request::from_parts(parts, body)).await;
    answer.map_err(|never| match never {})
}
