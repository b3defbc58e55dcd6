//! From a request to an answer.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Method, Request, header},
    response::Response,
};

use tokio::sync::watch;

use super::{
    accept::{self, Accept, Asked, negotiate},
    change, list, openapi, options,
    query::Query,
    read, reply,
    route::{ResourcePath, Route, route},
    sub, system,
};
use crate::sandbox::{
    Sandbox, discovery,
    error::{ApiError, ApiResult},
    form::to_bytes,
    registry::{Registry, Resource},
};

/// Tells a request of a socket when the server behind it stops: streams end then.
#[derive(Clone, Debug)]
pub struct Closing(pub watch::Receiver<bool>);

/// One request about a resource.
pub struct Call {
    /// The server.
    pub sandbox: Sandbox,
    /// The resource, in the version of the request.
    pub resource: Arc<Resource>,
    /// Where it points.
    pub path: ResourcePath,
    /// Its options.
    pub query: Query,
    /// Its headers.
    pub headers: HeaderMap,
    /// What the answer shall look like.
    pub accept: Accept,
    /// The name under which the request writes.
    pub manager: String,
    /// When streams must end.
    pub closing: Option<Closing>,
    /// What the client is to be told beside the answer.
    pub warnings: Warnings,
}

/// Texts of `Warning` headers, gathered while a request is answered.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// One more, unless it is there already.
    pub fn add(&self, text: impl Into<String>) {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = text.into();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers any request.
pub async fn handle(State(sandbox): State<Sandbox>, request: Request<Body>) -> Response {
    match answer(sandbox, request).await {
        Ok(response) => response,
        Err(error) => reply::error(&error),
    }
}

async fn answer(sandbox: Sandbox, request: Request<Body>) -> ApiResult<Response> {
    sandbox.check_data()?;
    let Some(route) = route(request.uri().path()) else {
        return Ok(reply::page_not_found());
    };
    let registry = sandbox.registry();
    match route {
        Route::Resource(path) => resource(sandbox, &registry, path, request).await,
        _ if request.method() != Method::GET && request.method() != Method::HEAD => {
            Err(ApiError::method_not_allowed())
        }
        other => {
            let query = Query::of(request.uri())?;
            match page(&sandbox, &registry, &other, &query, request.headers()) {
                Some(page) => Ok(page),
                None => match &other {
                    Route::GroupVersion(group, _) => not_served(&registry, group),
                    _ => Ok(reply::page_not_found()),
                },
            }
        }
    }
}

/// Answers for a path below a group: groups of the server itself have a Status for it, all others no handler.
fn not_served(registry: &Registry, group: &str) -> ApiResult<Response> {
    let is_built_in = registry
        .iter()
        .any(|resource| !resource.custom && resource.gvk.group == group);
    if is_built_in {
        Err(ApiError::no_resource())
    } else {
        Ok(reply::page_not_found())
    }
}

/// Pages that are the same for everybody.
fn page(
    sandbox: &Sandbox,
    registry: &Registry,
    route: &Route,
    query: &Query,
    headers: &HeaderMap,
) -> Option<Response> {
    let is_aggregated = discovery::accepts_aggregated(&accept::text(headers));
    let aggregated = |core: bool| {
        reply::with_type(
            200,
            discovery::AGGREGATED_CONTENT_TYPE,
            to_bytes(&discovery::aggregated(registry, core)),
        )
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("127.0.0.1");
    let value = match route {
        Route::CoreVersions if is_aggregated => return Some(aggregated(true)),
        Route::Groups if is_aggregated => return Some(aggregated(false)),
        Route::CoreVersions => discovery::core_versions(host),
        Route::Groups => discovery::groups(registry),
        Route::Group(group) => discovery::group(registry, group)?,
        Route::GroupVersion(group, version) => discovery::resources(registry, group, version)?,
        Route::Resource(_) => return None,
        Route::Other(words) => match words.split_first() {
            Some((first, rest)) if first == "openapi" => {
                return openapi::page(sandbox, registry, rest, headers);
            }
            _ => return other_page(sandbox, words, query),
        },
    };
    Some(reply::value(200, &value))
}

fn other_page(sandbox: &Sandbox, words: &[String], query: &Query) -> Option<Response> {
    let (first, rest) = words.split_first()?;
    match first.as_str() {
        "version" if rest.is_empty() => Some(system::version(sandbox.clock().now())),
        "healthz" | "livez" | "readyz" => system::health(first, rest, query),
        _ => None,
    }
}

async fn resource(
    sandbox: Sandbox,
    registry: &Registry,
    path: ResourcePath,
    request: Request<Body>,
) -> ApiResult<Response> {
    let Some(resource) = registry.find(&path.group, &path.version, &path.plural) else {
        return not_served(registry, &path.group);
    };
    if !path.namespace.is_empty() && !resource.namespaced {
        return not_served(registry, &path.group);
    }
    if path.namespace.is_empty() && resource.namespaced && !path.name.is_empty() {
        return not_served(registry, &path.group);
    }
    let query = Query::of(request.uri())?;
    let (parts, body) = request.into_parts();
    if path.subresource == "proxy" {
        let request = Request::from_parts(parts, body);
        return sub::proxy(&sandbox, &path, request).await;
    }
    let asked = match (resource.custom, path.name.is_empty()) {
        (true, _) => Asked::Custom,
        (false, true) if parts.method == Method::GET => Asked::List,
        _ => Asked::One,
    };
    let accept = negotiate(&parts.headers, &query, asked)?;
    let user_agent = parts.headers.get(header::USER_AGENT);
    let user_agent = user_agent
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let manager = options::manager(&query, user_agent);
    let call = Call {
        manager,
        sandbox,
        resource,
        path,
        query,
        headers: parts.headers,
        accept,
        closing: parts.extensions.get::<Closing>().cloned(),
        warnings: Warnings::default(),
    };
    let warnings = call.warnings.clone();
    if let Some(text) = &call.resource.deprecation {
        warnings.add(text);
    }
    let mut response = match dispatch(call, &parts.method, body).await {
        Ok(response) => response,
        Err(error) => reply::error(&error),
    };
    reply::warn(&mut response, &warnings.take());
    Ok(response)
}

async fn dispatch(call: Call, method: &Method, body: Body) -> ApiResult<Response> {
    if !call.path.subresource.is_empty() {
        return sub::dispatch(call, method, body).await;
    }
    let is_one = !call.path.name.is_empty();
    match (method.as_str(), is_one) {
        ("GET", true) => read::get(&call),
        ("GET", false) if !call.resource.is_stored() => Err(ApiError::method_not_allowed()),
        ("GET", false) if call.query.flag("watch") => list::watch(call),
        ("GET", false) => list::list(&call),
        ("POST", false) if !call.resource.is_stored() => change::review(&call, body).await,
        ("POST", false) => change::create(call, body).await,
        ("PUT", true) => change::update(call, body).await,
        ("PATCH", true) => change::patch(call, body).await,
        ("DELETE", true) => change::delete(call, body).await,
        ("DELETE", false) => change::delete_collection(call, body).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}
