//! Subresources.

use axum::{
    body::Body,
    http::{Method, Request, Uri},
    response::Response,
};
use serde_json::Value;
use tower::ServiceExt;

use super::{
    body::{collect, document, media_type},
    change, evict,
    handle::Call,
    object::Place,
    patch::Patch,
    read, reply,
    route::ResourcePath,
};
use crate::sandbox::{
    Sandbox, admit,
    error::{ApiError, ApiResult},
    form::to_bytes,
    registry::ScalePaths,
    store::Stored,
    write::{self, UpdateKind, apply_scale, scale_of},
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
        ("status", "GET" | "HEAD") => read::get(&call),
        ("status", "PUT") => {
            let bytes = collect(body).await?;
            let object = call.object(document(&call.headers, &bytes)?, Place::Body)?;
            change::put(call, object, UpdateKind::Status).await
        }
        ("status", "PATCH") => change::patch_part(call, body, UpdateKind::Status).await,
        ("finalize", "PUT") => {
            let bytes = collect(body).await?;
            let object = call.object(document(&call.headers, &bytes)?, Place::Body)?;
            change::put(call, object, UpdateKind::Whole).await
        }
        ("scale", _) => scale(call, method, body).await,
        ("eviction", "POST") => evict::evict(call, body).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}

async fn scale(call: Call, method: &Method, body: Body) -> ApiResult<Response> {
    let Some(paths) = call.resource.scale.clone() else {
        return Err(ApiError::no_resource());
    };
    let name = call.path.name.clone();
    let show = |stored: &Stored| to_bytes(&scale_of(&paths, &stored.object));
    if matches!(method.as_str(), "GET" | "HEAD") {
        let key = call.scope(&call.sandbox.registry(), false).key(&name);
        let stored = call
            .sandbox
            .read(|store| store.at(&key))
            .ok_or_else(|| ApiError::not_found(&call.named(), &name))?;
        return Ok(reply::bytes(200, show(&stored), call.accept.encoding));
    }
    let bytes = collect(body).await?;
    let change = match method.as_str() {
        "PUT" => Change::Whole(document(&call.headers, &bytes)?.value),
        "PATCH" => Change::Patch(Patch::read(
            &media_type(&call.headers),
            &bytes,
            &call.resource,
        )?),
        _ => return Err(ApiError::method_not_allowed()),
    };
    let dry_run = call.query.dry_run("UpdateOptions")?;
    let stored = call
        .sandbox
        .write(|store, registry| {
            let scope = call.scope(registry, dry_run);
            let current = store
                .at(&scope.key(&name))
                .ok_or_else(|| ApiError::not_found(&scope.named(), &name))?;
            let scale = change.scale(&call, &paths, &current)?;
            let mut object = admit::from_storage(&call.resource, &current.object);
            apply_scale(&paths, &mut object, &scale);
            if scale.pointer("/metadata/resourceVersion").is_none() {
                object.set(
                    &["metadata", "resourceVersion"],
                    current.version.to_string().into(),
                );
            }
            write::update(store, &scope, &name, object, UpdateKind::Main)
        })
        .await?
        .0;
    Ok(reply::bytes(200, show(&stored), call.accept.encoding))
}

enum Change {
    Whole(Value),
    Patch(Patch),
}

impl Change {
    fn scale(&self, call: &Call, paths: &ScalePaths, current: &Stored) -> ApiResult<Value> {
        let scale = match self {
            Self::Whole(scale) => scale.clone(),
            Self::Patch(patch) => patch.apply_to(scale_of(paths, &current.object), None)?,
        };
        if let Some(kind) = scale.get("kind").and_then(Value::as_str)
            && kind != "Scale"
        {
            return Err(ApiError::bad_request(format!(
                "{kind} cannot be handled as a Scale"
            )));
        }
        let replicas = scale.pointer("/spec/replicas").and_then(Value::as_i64);
        if replicas.is_some_and(|replicas| replicas < 0) {
            let cause = crate::sandbox::error::Cause::invalid(
                "spec.replicas",
                &replicas.into(),
                "must be greater than or equal to 0",
            );
            return Err(ApiError::invalid(
                "autoscaling",
                "Scale",
                &call.path.name,
                &[cause],
            ));
        }
        Ok(scale)
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
        let services = crate::sandbox::store::GroupResource::new("", "services");
        let place = crate::sandbox::store::Place::new(&path.namespace, &service);
        return Err(
            if sandbox.read(|store| store.get(&services, &place)).is_none() {
                ApiError::not_found(&services, &service)
            } else {
                ApiError::unavailable(format!("no endpoints available for service {service:?}"))
            },
        );
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
