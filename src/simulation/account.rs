//! How many requests were answered how: whole requests, without chance, the same however time is cut into steps.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{Endpoint, Scene};

/// Parts of a request: one in a million seconds, for a millisecond.
const WHOLE: u128 = 1_000_000_000;
/// The code that an application fails with.
const ERROR: u16 = 500;
/// The code of a router that finds no server.
const NO_SERVER: u16 = 503;

/// Requests that are answered alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flow {
    /// The Traefik service.
    pub(super) service: String,
    /// The status code.
    pub(super) code: u16,
    /// How long an answer takes.
    pub(super) millis: i64,
}

/// How many requests a flow gets at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    pub(super) flow: Flow,
    /// In a million seconds.
    pub(super) rate: u64,
    /// Place of the pod among the endpoints; none where the router answers itself.
    pub(super) endpoint: Option<usize>,
}

/// Notes the routes that have led to a ready pod: people come when there is something, and from then on they notice
/// when it is gone.
pub(super) fn note_known(scene: &Scene, known: &mut BTreeSet<String>) {
    for route in &scene.routes {
        let leads = route.backends.iter().any(|backend| {
            let behind = scene.behind(&backend.namespace, &backend.name);
            backend.weight > 0 && behind.is_some_and(|behind| !behind.is_empty())
        });
        if leads {
            known.insert(route.origin.clone());
        }
    }
}

/// The streams of a moment, of the routes that people know.
pub(super) fn streams(scene: &Scene, known: &BTreeSet<String>) -> Vec<Stream> {
    let places: BTreeMap<&str, usize> = scene
        .endpoints
        .iter()
        .enumerate()
        .map(|(place, endpoint)| (endpoint.uid.as_str(), place))
        .collect();
    let mut streams = Vec::new();
    for route in scene.routes.iter().filter(|r| known.contains(&r.origin)) {
        let weights: Vec<u64> = route.backends.iter().map(|b| b.weight).collect();
        for (backend, share) in route.backends.iter().zip(shares(route.rate, &weights)) {
            // A route to a Service that is not there has no Traefik service, and no figures.
            let Some(behind) = scene.behind(&backend.namespace, &backend.name) else {
                continue;
            };
            let service = backend.service(route.provider);
            if behind.is_empty() {
                streams.push(stream(
                    &service,
                    NO_SERVER,
                    SignedDuration::ZERO,
                    share,
                    None,
                ));
            }
            for (endpoint, share) in behind.iter().zip(shares(share, &vec![1; behind.len()])) {
                let place = places.get(endpoint.uid.as_str()).copied();
                streams.extend(answers(&service, endpoint, share, place));
            }
        }
    }
    streams.retain(|stream| stream.rate > 0);
    streams
}

/// What one pod answers.
fn answers(service: &str, endpoint: &Endpoint, rate: u64, place: Option<usize>) -> [Stream; 2] {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a rate"
    )]
    let errors = (rate as f64 * endpoint.error_share.clamp(0.0, 1.0)).round() as u64;
    [
        stream(
            service,
            200,
            endpoint.latency,
            rate - errors.min(rate),
            place,
        ),
        stream(service, ERROR, endpoint.latency, errors, place),
    ]
}

fn stream(
    service: &str,
    code: u16,
    latency: SignedDuration,
    rate: u64,
    endpoint: Option<usize>,
) -> Stream {
    Stream {
        flow: Flow {
            service: service.to_owned(),
            code,
            millis: i64::try_from(latency.as_millis()).unwrap_or(i64::MAX),
        },
        rate,
        endpoint,
    }
}

/// Shares by weight that together are the whole.
fn shares(whole: u64, weights: &[u64]) -> Vec<u64> {
    let wide = |weight: &u64| u128::from(*weight);
    let all = weights.iter().map(wide).sum::<u128>().max(1);
    let up_to = |sum: u128| u64::try_from(u128::from(whole) * sum / all).unwrap_or(u64::MAX);
    let mut sum = 0;
    weights
        .iter()
        .map(|weight| {
            let before = up_to(sum);
            sum += wide(weight);
            up_to(sum) - before
        })
        .collect()
}

/// All requests since the beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Account(BTreeMap<Flow, u128>);

impl Account {
    /// Lets streams flow for a while.
    pub(super) fn pass(&mut self, streams: &[Stream], millis: u64) {
        for stream in streams {
            let parts = self.0.entry(stream.flow.clone()).or_default();
            *parts += u128::from(stream.rate) * u128::from(millis);
        }
    }

    /// Whole requests of each flow that had any.
    pub(super) fn requests(&self) -> impl Iterator<Item = (&Flow, u64)> {
        self.0.iter().filter_map(|(flow, parts)| {
            let whole = u64::try_from(parts / WHOLE).unwrap_or(u64::MAX);
            (whole > 0).then_some((flow, whole))
        })
    }
}
