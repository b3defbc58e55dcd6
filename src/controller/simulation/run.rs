//! The loop: watches change the scene, time passes by the clock, questions are answered as of now.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use futures::{
    StreamExt,
    stream::{BoxStream, SelectAll},
};
use kube::runtime::WatchStreamExt;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    api,
    state::{Seen, State},
};
use crate::{
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveEvent, Watch},
    controller::workload::Readings,
    object::Gvk,
    promql::{Query, QueryError, Steps, Store, Value as Answer},
    simulation::{Options, Picture},
    web::Web,
    workload::pod::{DATABASE, IMAGE, Surroundings},
};

/// Where the Prometheus of the sandbox is found.
pub const PROMETHEUS_NAMESPACE: &str = "monitoring";
/// The name of its Service.
pub const PROMETHEUS_SERVICE: &str = "prometheus";
/// The port of its Service.
pub const PROMETHEUS_PORT: u16 = 9090;

/// Traffic to the pods of one cluster, and a Prometheus that watches it. Cheap to clone.
#[derive(Clone)]
pub struct Simulation(Arc<Inner>);

struct Inner {
    clock: Clock,
    state: Mutex<State>,
    readings: OnceLock<Readings>,
    surroundings: watch::Sender<Arc<Surroundings>>,
}

impl Simulation {
    /// A world without anything in it, that begins now.
    pub fn new(clock: &Clock, options: &Options) -> Self {
        Self(Arc::new(Inner {
            clock: clock.clone(),
            state: Mutex::new(State::new(options, clock.now())),
            readings: OnceLock::new(),
            surroundings: watch::channel(Arc::default()).0,
        }))
    }

    /// What the applications in the containers find around them, for the workloads to know.
    pub fn surroundings(&self) -> watch::Receiver<Arc<Surroundings>> {
        self.0.surroundings.subscribe()
    }

    /// Changes what the applications find around them, beside what objects of the cluster describe.
    pub fn surround(&self, change: impl FnOnce(&mut Surroundings)) {
        let mut state = self.advanced();
        let changed = state.give(change, &self.readings());
        drop(state);
        self.tell(changed);
    }

    /// The traffic now, for people to look at.
    pub fn picture(&self) -> Picture {
        self.advanced().picture(&self.readings())
    }

    /// What Prometheus answers; see [`prometheus`] for the object that makes it known.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }

    /// The door to the web, where the Prometheus of the sandbox answers under the names that it has in a cluster.
    #[must_use]
    pub fn inside(&self, web: Web) -> Web {
        let host = format!("{PROMETHEUS_SERVICE}.{PROMETHEUS_NAMESPACE}");
        [
            host.clone(),
            format!("{host}.svc"),
            format!("{host}.svc.cluster.local"),
        ]
        .iter()
        .fold(web, |web, host| {
            web.with_inside_at(&format!("{host}:{PROMETHEUS_PORT}"), self.router())
        })
    }

    /// The answer to a query at an instant.
    ///
    /// # Errors
    /// [`QueryError`]
    pub fn query(&self, text: &str, at: jiff::Timestamp) -> Result<Answer, QueryError> {
        Query::parse(text)?.at(&self.advanced().store, at)
    }

    pub(super) fn query_range(&self, text: &str, steps: Steps) -> Result<Answer, QueryError> {
        Query::parse(text)?.over(&self.advanced().store, steps)
    }

    pub(super) fn with_store<T>(&self, look: impl FnOnce(&Store) -> T) -> T {
        look(&self.advanced().store)
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Watches a cluster whose containers have read so much, until it is dropped.
    ///
    /// # Errors
    /// [`ClusterError`] when something cannot be watched at all; what breaks later is tried again.
    pub async fn run(&self, cluster: &Cluster, readings: Readings) -> Result<(), ClusterError> {
        // A second run has the same readings.
        let _ = self.0.readings.set(readings);
        let mut watches = watches(cluster)?;
        loop {
            let scrape = self.state().world.next_scrape();
            tokio::select! {
                Some((seen, event)) = watches.next() => {
                    let now = self.0.clock.now();
                    let readings = self.readings();
                    let changed = self.state().take(seen, event, now, &readings);
                    self.tell(changed);
                }
                () = self.0.clock.wait_until(scrape) => drop(self.advanced()),
            }
        }
    }

    /// The state as of now.
    fn advanced(&self) -> MutexGuard<'_, State> {
        let now = self.0.clock.now();
        let readings = self.readings();
        let mut state = self.state();
        state.advance(now, &readings);
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readings(&self) -> Readings {
        self.0.readings.get().cloned().unwrap_or_default()
    }

    fn tell(&self, changed: Option<Surroundings>) {
        if let Some(surroundings) = changed {
            self.0.surroundings.send_replace(Arc::new(surroundings));
        }
    }
}

/// The objects that make the Prometheus of the sandbox known: its namespace and its Service.
pub fn prometheus() -> [Value; 2] {
    [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PROMETHEUS_NAMESPACE}}),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": PROMETHEUS_SERVICE, "namespace": PROMETHEUS_NAMESPACE},
            "spec": {"ports": [{"name": "http", "port": PROMETHEUS_PORT, "targetPort": PROMETHEUS_PORT}]},
        }),
    ]
}

type Watches = SelectAll<BoxStream<'static, (Seen, LiveEvent)>>;

fn watches(cluster: &Cluster) -> Result<Watches, ClusterError> {
    let route = |group: &str, version: &str, kind: &'static str| {
        (
            Seen::Route(kind),
            Watch::all(Gvk::new(group, version, kind)),
        )
    };
    let labelled = |kind: &str, label: &str| Watch::all(Gvk::new("", "v1", kind)).labelled(label);
    let gateway = "gateway.networking.k8s.io";
    let mut all = SelectAll::new();
    for (seen, watch) in [
        (Seen::Pod, Watch::all(Gvk::new("", "v1", "Pod"))),
        (Seen::Service, Watch::all(Gvk::new("", "v1", "Service"))),
        (
            Seen::Deployment,
            Watch::all(Gvk::new("apps", "v1", "Deployment")),
        ),
        route(gateway, "v1", "HTTPRoute"),
        route(gateway, "v1", "GRPCRoute"),
        route("traefik.io", "v1alpha1", "TraefikService"),
        (Seen::Database, labelled("Secret", DATABASE)),
        (Seen::Image, labelled("ConfigMap", IMAGE)),
    ] {
        let events = cluster.watch(&watch)?.default_backoff();
        all.push(
            events
                .filter_map(move |event| async move {
                    match event {
                        Ok(event) => Some((seen, event)),
                        Err(error) => {
                            tracing::debug!(?seen, %error, "a watch failed and is begun again");
                            None
                        }
                    }
                })
                .boxed(),
        );
    }
    Ok(all)
}
