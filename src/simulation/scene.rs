//! Everything that traffic depends on, at one moment.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Endpoint, Route};
use crate::object::Object;

/// A Deployment as kube-state-metrics shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deployment {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) figures: Vec<(&'static str, i64)>,
}

/// Everything that traffic depends on, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Where traffic goes.
    pub routes: Vec<Route>,
    /// Pods, in order of namespace and name.
    pub endpoints: Vec<Endpoint>,
    selectors: BTreeMap<(String, String), BTreeMap<String, String>>,
    pub(super) deployments: Vec<Deployment>,
}

/// Figures of a Deployment: name of the metric, place in the object, value where nothing is said.
const FIGURES: &[(&str, &[&str], i64)] = &[
    ("kube_deployment_spec_replicas", &["spec", "replicas"], 1),
    (
        "kube_deployment_status_replicas",
        &["status", "replicas"],
        0,
    ),
    (
        "kube_deployment_status_replicas_available",
        &["status", "availableReplicas"],
        0,
    ),
    (
        "kube_deployment_status_replicas_ready",
        &["status", "readyReplicas"],
        0,
    ),
    (
        "kube_deployment_status_replicas_unavailable",
        &["status", "unavailableReplicas"],
        0,
    ),
    (
        "kube_deployment_status_replicas_updated",
        &["status", "updatedReplicas"],
        0,
    ),
];

impl Scene {
    /// Pods without any traffic.
    pub fn of(endpoints: Vec<Endpoint>) -> Self {
        Self {
            endpoints,
            ..Self::default()
        }
    }

    /// Adds a Service that routes may send to.
    pub fn add_service(&mut self, service: &Object) {
        let selector = service
            .at(&["spec", "selector"])
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let key = (
            service.namespace().unwrap_or_default().to_owned(),
            service.name().to_owned(),
        );
        self.selectors.insert(key, selector.collect());
    }

    /// Adds a Deployment that has figures.
    pub fn add_deployment(&mut self, deployment: &Object) {
        let figure = |(name, path, absent): &(&'static str, &[&str], i64)| {
            let value = deployment.at(path).and_then(Value::as_i64);
            (*name, value.unwrap_or(*absent))
        };
        self.deployments.push(Deployment {
            namespace: deployment.namespace().unwrap_or_default().to_owned(),
            name: deployment.name().to_owned(),
            figures: FIGURES.iter().map(figure).collect(),
        });
    }

    /// The ready pods behind a Service; `None` if there is no such Service.
    pub(super) fn behind(&self, namespace: &str, name: &str) -> Option<Vec<&Endpoint>> {
        let key = (namespace.to_owned(), name.to_owned());
        let selector = self.selectors.get(&key)?;
        let chosen = self.endpoints.iter().filter(|endpoint| {
            endpoint.is_ready && endpoint.namespace == namespace && endpoint.is_chosen(selector)
        });
        Some(chosen.collect())
    }
}
