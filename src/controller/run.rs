//! The controller as a whole: keys and SealedSecrets, started together and stopped together.

use std::future::Future;

use futures::future;
use tokio::sync::watch;

use super::{
    key_secret::KeySettings,
    lease::Shards,
    metrics::Metrics,
    sealed_secret::{self, Unsealer},
    sealing_key::SealingKeys,
    serve::{Handle, ServeSettings},
};
use crate::{
    clock::Clock,
    cluster::{Cluster, ClusterError},
};

/// What events call us, as the original is called, and whose the fields are that we write.
pub(super) const COMPONENT: &str = "sealed-secrets";

/// All that the operator has chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The namespaces whose SealedSecrets are opened; none for all.
    pub namespaces: Option<Vec<String>>,
    /// The sealing keys.
    pub keys: KeySettings,
    /// The SealedSecrets.
    pub sealed: sealed_secret::Settings,
    /// The HTTP answers.
    pub serve: ServeSettings,
    /// Whether `condition_info` is left out of the metrics (`--metrics-omit-secret-labels`).
    pub omit_conditions: bool,
}

impl Settings {
    /// The handle that [`run`] fills and that the routers answer from.
    pub fn handle(&self, clock: &Clock) -> Handle {
        Handle::new(clock, Metrics::new(self.omit_conditions), self.serve)
    }
}

/// Runs the controller until `stop` holds true or its sender is gone; work that has begun is finished first.
///
/// # Errors
/// [`ClusterError`] when it cannot begin; what fails later is logged and tried again for ever.
pub async fn run(
    cluster: &Cluster,
    clock: &Clock,
    settings: Settings,
    handle: Handle,
    stop: watch::Receiver<bool>,
) -> Result<(), ClusterError> {
    let (_leads, leading) = watch::channel(true);
    let keys = follow_keys(cluster, clock, &settings, &handle, leading, stop.clone());
    let unsealers = unseal(cluster, clock, &settings, &handle, None, stop);
    future::try_join(keys, unsealers).await.map(drop)
}

/// Follows the sealing keys, and makes them while `leading` holds true: what every replica does, for all of them answer.
pub(super) async fn follow_keys(
    cluster: &Cluster,
    clock: &Clock,
    settings: &Settings,
    handle: &Handle,
    leading: watch::Receiver<bool>,
    stop: watch::Receiver<bool>,
) -> Result<(), ClusterError> {
    let cluster = cluster.clone().reporting_as(COMPONENT, clock);
    let Handle { keys, metrics, .. } = handle;
    let sealing_keys = SealingKeys::new(&cluster, clock, keys, metrics, settings.keys.clone());
    until_stopped(sealing_keys.run(handle.renewals(), leading), stop).await
}

/// Opens the SealedSecrets, as soon as there are keys: what only one replica does, or each for its shards.
pub(super) async fn unseal(
    cluster: &Cluster,
    clock: &Clock,
    settings: &Settings,
    handle: &Handle,
    shards: Option<&Shards>,
    stop: watch::Receiver<bool>,
) -> Result<(), ClusterError> {
    let cluster = cluster.clone().reporting_as(COMPONENT, clock);
    let Handle { keys, metrics, .. } = handle;
    let namespaces: Vec<Option<String>> = match &settings.namespaces {
        Some(names) => names.iter().cloned().map(Some).collect(),
        None => vec![None],
    };
    let loops = namespaces.into_iter().map(|namespace| {
        let sealed = settings.sealed.clone();
        let unsealer = Unsealer::new(&cluster, clock, keys, metrics, sealed, shards);
        let stop = stop.clone();
        async move {
            tokio::select! {
                biased;
                () = stopped(stop.clone()) => return Ok(()),
                () = keys.ready() => {}
            }
            unsealer.run(namespace.as_deref(), stopped(stop)).await
        }
    });
    future::try_join_all(loops).await.map(drop)
}

async fn until_stopped(
    work: impl Future<Output = Result<(), ClusterError>>,
    stop: watch::Receiver<bool>,
) -> Result<(), ClusterError> {
    tokio::select! {
        outcome = work => outcome,
        () = stopped(stop) => Ok(()),
    }
}

/// Waits until we are told to stop.
pub(super) async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}
