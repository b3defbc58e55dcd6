//! The traffic of a moment, for people to look at.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{
    Scene,
    account::{Flow, Stream},
};

/// How far apart the moments of the history are.
pub const HISTORY_STEP: SignedDuration = SignedDuration::from_secs(5);
/// The most moments that are kept.
pub const MAX_HISTORY: usize = 720;

/// Labels of a pod that tell its version, the first that is there.
const VERSIONS: &[&str] = &["rollouts-pod-template-hash", "pod-template-hash"];

/// Requests and errors at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// Requests a second.
    pub requests: f64,
    /// Requests a second that were answered with 5xx.
    pub errors: f64,
}

/// What a Traefik service gets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceTraffic {
    /// Requests a second.
    pub requests: f64,
    /// Requests a second that were answered with 5xx.
    pub errors: f64,
}

/// What the pods of one version get.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VersionTraffic {
    /// The image of its first container.
    pub image: String,
    /// How many pods there are.
    pub pods: usize,
    /// How many of them are ready.
    pub ready: usize,
    /// Requests a second.
    pub requests: f64,
    /// Requests a second that were answered with 5xx.
    pub errors: f64,
}

/// The traffic of a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// By the name of the Traefik service.
    pub services: BTreeMap<String, ServiceTraffic>,
    /// By namespace and hash of the pod template.
    pub versions: BTreeMap<(String, String), VersionTraffic>,
    /// What was before, oldest first.
    pub history: Vec<Moment>,
}

impl Picture {
    pub(super) fn of(scene: &Scene, streams: &[Stream], history: &VecDeque<Moment>) -> Self {
        let mut picture = Self {
            history: history.iter().copied().collect(),
            ..Self::default()
        };
        let hashes: Vec<Option<(String, String)>> = scene
            .endpoints
            .iter()
            .map(|pod| {
                let hash = VERSIONS.iter().find_map(|label| pod.labels.get(*label))?;
                Some((pod.namespace.clone(), hash.clone()))
            })
            .collect();
        for (pod, hash) in scene.endpoints.iter().zip(&hashes) {
            let Some(hash) = hash else { continue };
            let version = picture.versions.entry(hash.clone()).or_default();
            version.image.clone_from(&pod.image);
            version.pods += 1;
            version.ready += usize::from(pod.is_ready);
        }
        for stream in streams {
            let (requests, errors) = seconds(stream);
            let name = stream.flow.service.clone();
            let service = picture.services.entry(name).or_default();
            service.requests += requests;
            service.errors += errors;
            let hash = stream
                .endpoint
                .and_then(|place| hashes.get(place)?.as_ref());
            if let Some(version) = hash.and_then(|hash| picture.versions.get_mut(hash)) {
                version.requests += requests;
                version.errors += errors;
            }
        }
        picture
    }
}

/// Requests and errors in a second.
fn seconds(stream: &Stream) -> (f64, f64) {
    let Flow { code, .. } = stream.flow;
    let requests = stream.rate as f64 / 1e6;
    (requests, if code >= 500 { requests } else { 0.0 })
}

pub(super) fn moment(streams: &[Stream], at: Timestamp) -> Moment {
    let mut moment = Moment {
        at,
        requests: 0.0,
        errors: 0.0,
    };
    for stream in streams {
        let (requests, errors) = seconds(stream);
        moment.requests += requests;
        moment.errors += errors;
    }
    moment
}
