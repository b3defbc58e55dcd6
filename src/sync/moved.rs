//! What a live Rollout moves in objects that Git has as well: the weights of its routes, and the selectors of its
//! Services. None of it is drift, and none of it is written over.

use serde_json::{Value, json};

use super::path::escaped;
use crate::object::Object;

/// The label of the ReplicaSet that a Service chooses.
const HASH: &str = "/spec/selector/rollouts-pod-template-hash";
/// The annotation of a Service that a Rollout has changed.
const MANAGED_BY: &str = "/metadata/annotations/argo-rollouts.argoproj.io~1managed-by-rollouts";

/// One object that a Rollout moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    kind: &'static str,
    namespace: String,
    name: String,
    /// The Services whose weights are moved.
    services: Vec<String>,
}

impl Moved {
    /// Whether this is the object.
    fn is(&self, object: &Object) -> bool {
        self.kind == object.kind()
            && self.name == object.name()
            && Some(self.namespace.as_str()) == object.namespace()
    }

    /// The ways to what is moved in an object.
    pub(super) fn pointers(&self, object: &Object) -> Vec<String> {
        if !self.is(object) {
            return Vec::new();
        }
        match self.kind {
            "Service" => vec![HASH.to_owned(), MANAGED_BY.to_owned()],
            "TraefikService" => {
                let listed = object.at(&["spec", "weighted", "services"]);
                self.weights("/spec/weighted/services", listed)
            }
            _ => {
                let rules = object.at(&["spec", "rules"]).and_then(Value::as_array);
                let rules = rules.into_iter().flatten().enumerate();
                rules
                    .flat_map(|(at, rule)| {
                        let list = format!("/spec/rules/{at}/backendRefs");
                        self.weights(&list, rule.get("backendRefs"))
                    })
                    .collect()
            }
        }
    }

    fn weights(&self, way: &str, list: Option<&Value>) -> Vec<String> {
        let list = list.and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|entry| entry.get("name")?.as_str())
            .filter(|name| self.services.iter().any(|service| service == name))
            .map(|name| {
                let key = escaped(&json!({"name": name}).to_string());
                format!("{way}/k:{key}/weight")
            })
            .collect()
    }
}

/// All that a Rollout moves.
pub(super) fn of(rollout: &Object) -> Vec<Moved> {
    let own = rollout.namespace().unwrap_or_default();
    let text = |value: &Value, field: &str| {
        let text = value.get(field).and_then(Value::as_str);
        text.map(str::to_owned)
    };
    let mut found = Vec::new();
    let strategy = |name: &str| rollout.at(&["spec", "strategy", name]);
    let service = |name: String| Moved {
        kind: "Service",
        namespace: own.to_owned(),
        name,
        services: Vec::new(),
    };
    if let Some(blue_green) = strategy("blueGreen") {
        let named = ["activeService", "previewService"]
            .iter()
            .filter_map(|field| text(blue_green, field));
        found.extend(named.map(service));
    }
    let Some(canary) = strategy("canary") else {
        return found;
    };
    let mut services: Vec<String> = ["stableService", "canaryService"]
        .iter()
        .filter_map(|field| text(canary, field))
        .collect();
    if let Some(pair) = canary.get("pingPong") {
        services.extend(
            ["pingService", "pongService"]
                .iter()
                .filter_map(|field| text(pair, field)),
        );
    }
    found.extend(services.iter().cloned().map(service));
    let route = |kind, namespace: Option<String>, name: String| Moved {
        kind,
        namespace: namespace.unwrap_or_else(|| own.to_owned()),
        name,
        services: services.clone(),
    };
    let traefik = canary.pointer("/trafficRouting/traefik");
    if let Some(name) = traefik.and_then(|traefik| text(traefik, "weightedTraefikServiceName")) {
        found.push(route("TraefikService", None, name));
    }
    let Some(plugin) = canary.pointer("/trafficRouting/plugins/argoproj-labs~1gatewayAPI") else {
        return found;
    };
    for (kind, one, many) in [
        ("HTTPRoute", "httpRoute", "httpRoutes"),
        ("GRPCRoute", "grpcRoute", "grpcRoutes"),
        ("TCPRoute", "tcpRoute", "tcpRoutes"),
    ] {
        let listed = plugin.get(many).and_then(Value::as_array);
        let listed = listed.into_iter().flatten();
        for name in listed
            .filter_map(|entry| text(entry, "name"))
            .chain(text(plugin, one))
        {
            found.push(route(kind, text(plugin, "namespace"), name));
        }
    }
    found
}
