//! The embedded cluster as a whole: server, sealing controller and workloads, for `sandbox` and `demo`.

use std::{collections::BTreeSet, future::Future, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use futures::future;
use kube::Client;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use super::Failure;
use crate::{
    api::crd,
    clock::Clock,
    cluster::{Cluster, ClusterError},
    controller::{
        self, Part, Together,
        application::{self, Applier, CONTROL_NAMESPACE},
        serve,
        serve::Handle,
        simulation::{self, Simulation},
        workload::Workloads,
    },
    object::Object,
    sandbox::{Sandbox, ServeError, ServeOptions, Served},
    simulation::Options,
    source::{Git, GitOptions},
    web::Web,
};

/// Where the original's controller is found, so that an unmodified `kubeseal` finds ours.
const CONTROLLER_NAMESPACE: &str = "kube-system";
const CONTROLLER_SERVICE: &str = "sealed-secrets-controller";
/// What begins the paths that need a sealing key.
const KEY_PATHS: &str = "/v1/";
/// How long the making of a sealing key may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The port of that Service.
const CONTROLLER_PORT: u16 = 8080;

/// A running embedded cluster; [`Embedded::stop`] ends it in order.
pub struct Embedded {
    served: Served,
    cluster: Cluster,
    handle: Handle,
    simulation: Simulation,
    applier: Applier,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Embedded {
    /// Serves a sandbox, and starts the controllers on it. The socket answers when this returns; the
    /// controllers come up beside it; only who asks for the certificate waits for their sealing key.
    ///
    /// # Errors
    /// [`ServeError`] names the port or file in the way.
    pub async fn start(sandbox: Sandbox, options: ServeOptions) -> Result<Self, ServeError> {
        Self::start_with(sandbox, options, None).await
    }

    /// As [`Embedded::start`], and applies the Applications of the cluster from repositories, where they are given.
    ///
    /// # Errors
    /// As [`Embedded::start`].
    pub async fn start_with(
        sandbox: Sandbox,
        options: ServeOptions,
        git: Option<(Git, application::Settings)>,
    ) -> Result<Self, ServeError> {
        let clock = sandbox.clock().clone();
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        let settings = controller::Settings::default();
        let handle = settings.handle(&clock);
        let mut parts: BTreeSet<Part> = Part::ALL.iter().copied().collect();
        if git.is_none() {
            parts.remove(&Part::Applications);
        }
        let (git, applications) = git.unwrap_or_else(|| {
            let nothing = Git::new(GitOptions::default());
            (nothing, application::Settings::default())
        });
        let applier = Applier::new(&cluster, &clock, &git, applications);
        let simulation = Simulation::new(&clock, &Options::default());
        let web = Web::new()
            .inspect_err(|error| tracing::error!(%error, "no metrics can be asked for"))
            .ok();
        let together = Together {
            parts,
            sealing: settings,
            handle: handle.clone(),
            applier: applier.clone(),
            web: web.map(|web| simulation.inside(web)),
            election: None,
            shards: None,
        };
        sandbox.proxy(
            CONTROLLER_NAMESPACE,
            CONTROLLER_SERVICE,
            together
                .router()
                .merge(serve::metrics_router(handle.clone()))
                .layer(from_fn_with_state(handle.clone(), with_key)),
        );
        sandbox.proxy(
            simulation::PROMETHEUS_NAMESPACE,
            simulation::PROMETHEUS_SERVICE,
            simulation.router(),
        );
        let served = crate::sandbox::serve(sandbox, options).await?;
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(run(
            cluster.clone(),
            clock,
            together,
            simulation.clone(),
            stopped,
        ));
        Ok(Self {
            served,
            cluster,
            handle,
            simulation,
            applier,
            stop,
            running,
        })
    }

    /// What applies Git.
    pub fn applier(&self) -> &Applier {
        &self.applier
    }

    /// The server behind its socket.
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// A client of the server, without a socket.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The traffic to the pods of the cluster, and what has watched it.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Waits until the controller has a sealing key.
    pub async fn keys_ready(&self) {
        self.handle.keys.ready().await;
    }

    /// Ends the controllers, then the server.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // The task ends by itself; a panic in it has nothing to tell here.
        let _ = self.running.await;
        self.served.stop().await;
    }
}

/// Lets who asks for the certificate wait for it: a fresh cluster may still be making its sealing key.
async fn with_key(State(handle): State<Handle>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(KEY_PATHS) {
        // Without a key in time the answer says so.
        let _ = tokio::time::timeout(PATIENCE, handle.keys.ready()).await;
    }
    next.run(request).await
}

/// Prepares the cluster, and runs the controllers until they are told to stop.
async fn run(
    cluster: Cluster,
    clock: Clock,
    together: Together,
    simulation: Simulation,
    mut stop: watch::Receiver<bool>,
) {
    if let Err(error) = prepare(&cluster).await {
        tracing::error!(%error, "the embedded cluster could not be prepared");
        return;
    }
    let controllers = together.run(&cluster, &clock, stop.clone());
    let stopped = async {
        // A sender that is gone is a stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let workloads = until(stopped, play(&cluster, &clock, &simulation));
    let (ended, ()) = future::join(controllers, workloads).await;
    if let Err(error) = ended {
        tracing::error!(%error, "the controllers ended");
    }
}

/// Plays the workloads, and sends traffic to their pods.
async fn play(cluster: &Cluster, clock: &Clock, simulation: &Simulation) {
    let workloads = Workloads::new(cluster.clone(), clock.clone()).amid(simulation.surroundings());
    let readings = workloads.readings();
    let traffic = async {
        if let Err(error) = simulation.run(cluster, readings).await {
            tracing::error!(%error, "the simulation ended");
        }
    };
    future::join(workloads.run(), traffic).await;
}

async fn until(stop: impl Future<Output = ()>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop => {}
        () = work => {}
    }
}

/// Makes what an installation would have made: our kind, and the Service of the controller.
async fn prepare(cluster: &Cluster) -> Result<(), ClusterError> {
    ensure(cluster, crd::sealed_secret()).await?;
    ensure(cluster, crd::application()).await?;
    ensure(cluster, crd::argo::app_project()).await?;
    ensure(
        cluster,
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": CONTROL_NAMESPACE}}),
    )
    .await?;
    let definitions = crd::argo::all().into_iter().chain(crd::argo::routes());
    for object in definitions.chain(simulation::prometheus()) {
        ensure(cluster, object).await?;
    }
    ensure(
        cluster,
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {
                "name": CONTROLLER_SERVICE, "namespace": CONTROLLER_NAMESPACE,
                "labels": {"name": CONTROLLER_SERVICE},
            },
            "spec": {
                "ports": [{"port": CONTROLLER_PORT, "targetPort": CONTROLLER_PORT}],
                "type": "ClusterIP",
            },
        }),
    )
    .await
}

/// Makes an object, or leaves the one that an earlier run has made as this version wants its spec.
async fn ensure(cluster: &Cluster, wanted: Value) -> Result<(), ClusterError> {
    let Ok(object) = Object::from_value(wanted) else {
        return Ok(());
    };
    let Some(live) = cluster.get(&object.reference()).await? else {
        return cluster.create(&object).await.map(drop);
    };
    let is_settled = object.kind() == "Service"
        || object.at(&["spec"]).is_none()
        || live.at(&["spec"]) == object.at(&["spec"]);
    if is_settled {
        return Ok(());
    }
    let mut renewed = live;
    if let Some(spec) = object.at(&["spec"]) {
        renewed.set(&["spec"], spec.clone());
    }
    cluster.replace(&renewed).await.map(drop)
}

/// Says why a server cannot be served, with what to do about it.
pub fn refused(error: ServeError) -> Failure {
    let hint = match &error {
        ServeError::Listen { port, source } if source.kind() == std::io::ErrorKind::AddrInUse => {
            Some(format!("port {port} is taken; choose another with --port"))
        }
        _ => None,
    };
    let failure = Failure::new("failed to serve the sandbox").because(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
    use tokio::time::Instant;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_who_asks_for_the_certificate_waits_for_the_key() {
        let handle = controller::Settings::default().handle(&Clock::wall());
        let router = Router::new()
            .route("/healthz", get(async || "ok"))
            .route("/v1/cert.pem", get(async || "later"))
            .layer(from_fn_with_state(handle, with_key));
        for (path, waits) in [("/healthz", false), ("/v1/cert.pem", true)] {
            let began = Instant::now();
            let request = Request::get(path).body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
            assert_eq!(began.elapsed() >= PATIENCE, waits, "{path}");
        }
    }
}
