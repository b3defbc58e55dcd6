//! What routers send where: HTTPRoute, GRPCRoute, TraefikService, and Services with traffic of their own.

use serde_json::Value;

use super::{endpoint::list, rate};
use crate::object::Object;

/// Who names the Traefik services of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// HTTPRoute and GRPCRoute.
    Gateway,
    /// TraefikService.
    Custom,
    /// A plain Service, as an Ingress would name it.
    Kubernetes,
}

/// One Service that a route sends to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backend {
    /// Namespace of the Service.
    pub namespace: String,
    /// Name of the Service.
    pub name: String,
    /// Its port, by number or name.
    pub port: String,
    /// Its share among the weights of all.
    pub weight: u64,
}

/// Where the traffic of one rule goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The object that it is of: kind, namespace and name.
    pub origin: String,
    /// Who names the Traefik services.
    pub provider: Provider,
    /// Requests in a million seconds.
    pub rate: u64,
    /// The Services.
    pub backends: Vec<Backend>,
}

impl Backend {
    /// The name of the Traefik service, as current Traefik makes it.
    pub fn service(&self, provider: Provider) -> String {
        let Self {
            namespace,
            name,
            port,
            ..
        } = self;
        match provider {
            Provider::Gateway => format!("{namespace}-{name}-http-{port}@kubernetesgateway"),
            Provider::Custom => format!("{namespace}-{name}-{port}@kubernetescrd"),
            Provider::Kubernetes => format!("{namespace}-{name}-{port}@kubernetes"),
        }
    }
}

/// The routes that an object stands for, one for each rule that sends somewhere; they share the traffic of the object.
///
/// `usual` is the rate of one that names none. A plain Service has traffic only if it names a rate.
pub fn routes(object: &Object, usual: u64) -> Vec<Route> {
    let namespace = object.namespace().unwrap_or_default();
    let said = rate::said(object);
    let (provider, rules): (Provider, Vec<Vec<Backend>>) = match object.kind() {
        "HTTPRoute" | "GRPCRoute" => {
            let rules = list(object, &["spec", "rules"]).iter();
            let backends = rules.map(|rule| backends(rule.get("backendRefs"), namespace));
            (Provider::Gateway, backends.collect())
        }
        "TraefikService" => {
            let weighted = object.at(&["spec", "weighted", "services"]);
            (Provider::Custom, vec![backends(weighted, namespace)])
        }
        "Service" if said.is_some() => (Provider::Kubernetes, vec![itself(object, namespace)]),
        _ => return Vec::new(),
    };
    let rules: Vec<Vec<Backend>> = rules
        .into_iter()
        .filter(|backends| backends.iter().any(|backend| backend.weight > 0))
        .collect();
    let share = said.unwrap_or(usual) / (rules.len() as u64).max(1);
    let origin = object.reference().to_string();
    rules
        .into_iter()
        .map(|backends| Route {
            origin: origin.clone(),
            provider,
            rate: share,
            backends,
        })
        .collect()
}

fn backends(references: Option<&Value>, namespace: &str) -> Vec<Backend> {
    let references = references.and_then(Value::as_array);
    let of = |reference: &Value| {
        let text = |name: &str| reference.get(name).and_then(Value::as_str);
        if !matches!(text("kind"), None | Some("Service")) {
            return None;
        }
        let port = match reference.get("port")? {
            Value::String(name) => name.clone(),
            number => number.as_u64()?.to_string(),
        };
        Some(Backend {
            namespace: text("namespace").unwrap_or(namespace).to_owned(),
            name: text("name")?.to_owned(),
            port,
            weight: reference.get("weight").and_then(Value::as_u64).unwrap_or(1),
        })
    };
    references.into_iter().flatten().filter_map(of).collect()
}

fn itself(service: &Object, namespace: &str) -> Vec<Backend> {
    let port = list(service, &["spec", "ports"])
        .first()
        .and_then(|port| port.get("port")?.as_u64());
    let backend = port.map(|port| Backend {
        namespace: namespace.to_owned(),
        name: service.name().to_owned(),
        port: port.to_string(),
        weight: 1,
    });
    backend.into_iter().collect()
}
