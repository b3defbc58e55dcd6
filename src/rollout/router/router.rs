//! What all routers have in common.

use serde_json::Value;

use super::{http_route, traefik_service};
use crate::{
    api::rollout::{Canary, TrafficRouting},
    object::{Gvk, Object, ObjectRef},
};

/// The key under which the original's plugin for the Gateway API is set up.
const GATEWAY_PLUGIN: &str = "argoproj-labs/gatewayAPI";
/// Settings of that plugin that this program does not carry out.
const GATEWAY_UNSUPPORTED: &[&str] = &[
    "httpRouteSelector",
    "grpcRoute",
    "grpcRoutes",
    "grpcRouteSelector",
    "tcpRoute",
    "tcpRoutes",
    "tcpRouteSelector",
    "tlsRoute",
    "tlsRoutes",
    "tlsRouteSelector",
];

/// The shares of the traffic that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Service of the canary.
    pub canary_service: String,
    /// Service of the stable pods.
    pub stable_service: String,
    /// Weight of the canary.
    pub canary: i64,
    /// Weight of the stable pods.
    pub stable: i64,
}

/// Why traffic cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The object of the router is not there.
    #[error("{}s.{} \"{}\" not found", .0.gvk.kind.to_lowercase(), .0.gvk.group, .0.name)]
    Missing(ObjectRef),
    /// A router that this program does not drive.
    #[error("traffic router {0} is not supported")]
    Unsupported(String),
    /// No rule of the route names the Service.
    #[error("service {0} was not found in any rule of the route")]
    NoBackend(String),
    /// The TraefikService has no weighted services.
    #[error("spec.weighted.services was not found in traefik service manifest")]
    NoWeighted,
    /// The TraefikService does not name the canary's Service.
    #[error("traefik canary service was not found")]
    NoTraefikCanary,
    /// The TraefikService does not name the stable Service.
    #[error("traefik stable service was not found")]
    NoTraefikStable,
}

/// The objects that the routers of a Rollout write.
///
/// # Errors
/// [`RouteError::Unsupported`].
pub fn needs(rollout: &Object, canary: &Canary) -> Result<Vec<ObjectRef>, RouteError> {
    let mut found = Vec::new();
    let Some(routing) = &canary.traffic_routing else {
        return Ok(found);
    };
    if let Some(traefik) = &routing.traefik {
        let gvk = Gvk::new("traefik.io", "v1alpha1", traefik_service::KIND);
        found.push(ObjectRef::new(
            gvk,
            rollout.namespace(),
            &traefik.weighted_traefik_service_name,
        ));
    }
    for (key, plugin) in &routing.plugins {
        if key != GATEWAY_PLUGIN {
            continue;
        }
        let text = |name: &str| plugin.get(name).and_then(Value::as_str);
        let namespace = text("namespace").or(rollout.namespace());
        let many = plugin
            .get("httpRoutes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let names = many
            .filter_map(|route| route.get("name")?.as_str())
            .chain(text("httpRoute"));
        for name in names {
            let gvk = Gvk::new("gateway.networking.k8s.io", "v1", http_route::KIND);
            found.push(ObjectRef::new(gvk, namespace, name));
        }
    }
    match unsupported(routing) {
        Some(other) => Err(RouteError::Unsupported(other.to_owned())),
        None => Ok(found),
    }
}

/// The first part of the routing that this program cannot carry out.
pub fn unsupported(routing: &TrafficRouting) -> Option<&str> {
    let plugin = |key: &&String| key.as_str() != GATEWAY_PLUGIN;
    if let Some(key) = routing.plugins.keys().find(plugin) {
        return Some(key);
    }
    let plugin = routing.plugins.get(GATEWAY_PLUGIN);
    let field = GATEWAY_UNSUPPORTED
        .iter()
        .find(|field| plugin.is_some_and(|plugin| plugin.get(**field).is_some()));
    if let Some(field) = field {
        return Some(field);
    }
    let others = routing.others.iter();
    let mut others = others.filter(|(name, value)| *name != "managedRoutes" && !value.is_null());
    others.next().map(|(name, _)| name.as_str())
}

/// The object of a router with the weights as wanted.
///
/// # Errors
/// [`RouteError`] names what the object lacks.
pub fn route(split: &Split, live: &Object) -> Result<Object, RouteError> {
    match live.kind() {
        traefik_service::KIND => traefik_service::route(split, live),
        _ => http_route::route(split, live),
    }
}
