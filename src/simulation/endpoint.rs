//! A pod as a router sees it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::object::Object;

/// One pod: who it is, whether it takes requests, and what it does with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The image of its first container.
    pub image: String,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Whether it is ready, and not about to go.
    pub is_ready: bool,
    /// How often each of its containers was started again.
    pub restarts: BTreeMap<String, i64>,
    /// How long an answer takes.
    pub latency: SignedDuration,
    /// The share of its answers that are errors, from 0 to 1.
    pub error_share: f64,
}

impl Endpoint {
    /// Reads a pod, whose application answers so fast and so well.
    pub fn of(pod: &Object, latency: SignedDuration, error_share: f64) -> Self {
        let statuses = list(pod, &["status", "containerStatuses"]);
        let restarts = statuses.iter().filter_map(|status| {
            let name = status.get("name")?.as_str()?.to_owned();
            Some((name, status.get("restartCount")?.as_i64()?))
        });
        let image = list(pod, &["spec", "containers"])
            .first()
            .and_then(|container| container.get("image")?.as_str());
        let is_ready = list(pod, &["status", "conditions"])
            .iter()
            .any(|condition| {
                let is = |name: &str, wanted: &str| {
                    condition.get(name).and_then(Value::as_str) == Some(wanted)
                };
                is("type", "Ready") && is("status", "True")
            });
        Self {
            namespace: pod.namespace().unwrap_or_default().to_owned(),
            name: pod.name().to_owned(),
            uid: pod.uid().unwrap_or_default().to_owned(),
            labels: pod
                .labels()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            image: image.unwrap_or_default().to_owned(),
            phase: pod
                .at(&["status", "phase"])
                .and_then(Value::as_str)
                .unwrap_or("Pending")
                .to_owned(),
            is_ready: is_ready && pod.at(&["metadata", "deletionTimestamp"]).is_none(),
            restarts: restarts.collect(),
            latency,
            error_share,
        }
    }

    /// Whether a selector chooses it; an empty one chooses nothing.
    pub(super) fn is_chosen(&self, selector: &BTreeMap<String, String>) -> bool {
        !selector.is_empty()
            && selector
                .iter()
                .all(|(name, value)| self.labels.get(name) == Some(value))
    }
}

pub(super) fn list<'a>(object: &'a Object, path: &[&str]) -> &'a [Value] {
    object
        .at(path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
