//! What is seen of the cluster at one moment, and what can be read from it.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    api::{base64, version},
    cli::rollout::{Scene, View, view},
    object::{
        Object,
        pod_template::{SourceKind, references},
    },
};

/// The namespace of the story, and the name of nearly everything in it.
pub const NAMESPACE: &str = "backstage";
/// The Rollout, the Application, the route and the stable Service.
pub const NAME: &str = "backstage";
/// The Service of the canary.
pub const CANARY_SERVICE: &str = "backstage-canary";
/// The SealedSecret and its Secret.
pub const SECRET: &str = "backstage-secrets";
/// The namespace of Applications.
pub const APPLICATIONS: &str = "argocd";

/// What is seen at one moment, read through the client.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The simulated time.
    pub now: Timestamp,
    /// The Application.
    pub application: Option<Object>,
    /// The Rollout with what belongs to it.
    pub scene: Option<Scene>,
    /// The same as it is shown.
    pub view: View,
    /// The SealedSecret.
    pub sealed: Option<Object>,
    /// The Secrets of the namespace.
    pub secrets: Vec<Object>,
    /// The HTTPRoute.
    pub route: Option<Object>,
    /// The events of all namespaces.
    pub events: Vec<Object>,
    /// What the routes let through.
    pub traffic: Traffic,
}

/// Requests a second, as the embedded Prometheus counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// To the stable Service.
    pub stable: f64,
    /// To the canary's.
    pub canary: f64,
    /// Of the canary's, the share that failed; none where it has no requests.
    pub canary_errors: Option<f64>,
}

/// One version of the secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: u64,
    /// Whether the plain name holds it.
    pub is_promoted: bool,
    /// Whether somebody has rejected it.
    pub is_rejected: bool,
    /// How many pods read it.
    pub readers: usize,
}

impl Seen {
    /// Shows the scene anew.
    pub fn with_view(mut self) -> Self {
        self.view = self.scene.as_ref().map(view).unwrap_or_default();
        self
    }

    /// A text of the Application, empty where there is none.
    pub fn app(&self, path: &[&str]) -> &str {
        text(self.application.as_ref(), path)
    }

    /// A text of the Rollout.
    pub fn rollout(&self, path: &[&str]) -> &str {
        text(self.scene.as_ref().map(|scene| &scene.rollout), path)
    }

    /// The revision that the Rollout is at.
    pub fn revision(&self) -> i64 {
        let set = self.view.replica_sets.iter();
        let hash = self.rollout(&["status", "currentPodHash"]);
        let newest = set.filter(|set| !hash.is_empty() && set.object_meta.name.ends_with(hash));
        newest.map(|set| set.revision).next().unwrap_or(0)
    }

    /// The weight that the route gives the canary.
    pub fn weight(&self) -> i64 {
        let refs = self
            .route
            .as_ref()
            .and_then(|route| route.at(&["spec", "rules"]));
        let refs = refs.and_then(|rules| rules.pointer("/0/backendRefs")?.as_array());
        refs.into_iter()
            .flatten()
            .find(|one| one.get("name").and_then(Value::as_str) == Some(CANARY_SERVICE))
            .and_then(|one| one.get("weight")?.as_i64())
            .unwrap_or(0)
    }

    /// The ready pods of a revision.
    pub fn ready_pods(&self, revision: i64) -> usize {
        let sets = self
            .view
            .replica_sets
            .iter()
            .filter(|set| set.revision == revision);
        sets.flat_map(|set| &set.pods)
            .filter(|pod| pod.ready == "1/1")
            .count()
    }

    /// A Secret by its name.
    pub fn secret(&self, name: &str) -> Option<&Object> {
        self.secrets.iter().find(|secret| secret.name() == name)
    }

    /// Whether a Secret holds a text under a key.
    pub fn holds(&self, secret: &str, key: &str, value: &str) -> bool {
        let held = self
            .secret(secret)
            .and_then(|secret| secret.at(&["data", key])?.as_str());
        held == Some(base64::encode(value.as_bytes()).as_str())
    }

    /// The versions of the secret that there are, the newest last.
    pub fn versions(&self) -> Vec<Version> {
        let of = |secret: &Object| {
            let label = secret.label(version::VERSION)?;
            (secret.label(version::SECRET) == Some(SECRET)).then_some(())?;
            let number = label.parse().ok()?;
            Some(Version {
                number,
                is_promoted: secret.label(version::PROMOTED) == Some(version::TRUE),
                is_rejected: secret.annotation(version::REJECTED).is_some(),
                readers: self.readers(number).len(),
            })
        };
        let mut versions: Vec<Version> = self.secrets.iter().filter_map(of).collect();
        versions.sort_by_key(|version| version.number);
        versions
    }

    /// The names of the pods that read a version.
    pub fn readers(&self, number: u64) -> Vec<String> {
        let name = format!("{SECRET}-v{number}");
        let pods = self.scene.as_ref().map_or(&[][..], |scene| &scene.pods);
        let reads = |pod: &&Object| {
            let found = references(&pod.to_value());
            found
                .iter()
                .any(|one| one.kind == SourceKind::Secret && one.name == name)
        };
        pods.iter()
            .filter(reads)
            .map(|pod| pod.name().to_owned())
            .collect()
    }

    /// Status, reason and message of a condition of the SealedSecret.
    pub fn sealed_condition(&self, kind: &str) -> (String, String, String) {
        let listed = self
            .sealed
            .as_ref()
            .and_then(|one| one.at(&["status", "conditions"])?.as_array());
        let found = listed
            .into_iter()
            .flatten()
            .find(|one| one.get("type").and_then(Value::as_str) == Some(kind));
        let text = |name: &str| {
            let text = found.and_then(|one| one.get(name)?.as_str());
            text.unwrap_or_default().to_owned()
        };
        (text("status"), text("reason"), text("message"))
    }
}

fn text<'a>(object: Option<&'a Object>, path: &[&str]) -> &'a str {
    object
        .and_then(|object| object.at(path)?.as_str())
        .unwrap_or_default()
}
