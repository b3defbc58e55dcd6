//! The embedded cluster as a whole: server, sealing controller and workloads, for `sandbox` and `demo`.

use std::future::Future;

use futures::future;
use kube::Client;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use super::Failure;
use crate::{
    api::crd,
    clock::Clock,
    cluster::{Cluster, ClusterError},
    controller::{self, analysis_run, application, serve, serve::Handle, workload},
    object::{Gvk, Object},
    sandbox::{Sandbox, ServeError, ServeOptions, Served},
    source::Git,
    web::Web,
};

/// Where the original's controller is found, so that an unmodified `kubeseal` finds ours.
const CONTROLLER_NAMESPACE: &str = "kube-system";
const CONTROLLER_SERVICE: &str = "sealed-secrets-controller";
/// The port of that Service.
const CONTROLLER_PORT: u16 = 8080;

/// A running embedded cluster; [`Embedded::stop`] ends it in order.
pub struct Embedded {
    served: Served,
    cluster: Cluster,
    handle: Handle,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Embedded {
    /// Serves a sandbox, and starts the controllers on it. The socket answers when this returns; the
    /// controllers come up beside it, and nothing waits for their sealing key.
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
        let mut settings = controller::Settings::default();
        settings.sealed.rollouts = true;
        let handle = settings.handle(&clock);
        sandbox.proxy(
            CONTROLLER_NAMESPACE,
            CONTROLLER_SERVICE,
            serve::router(handle.clone()).merge(serve::metrics_router(handle.clone())),
        );
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        let served = crate::sandbox::serve(sandbox, options).await?;
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(run(
            cluster.clone(),
            clock,
            settings,
            handle.clone(),
            git,
            stopped,
        ));
        Ok(Self {
            served,
            cluster,
            handle,
            stop,
            running,
        })
    }

    /// The server behind its socket.
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// A client of the server, without a socket.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
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

/// Prepares the cluster, and runs the controllers until they are told to stop.
async fn run(
    cluster: Cluster,
    clock: Clock,
    settings: controller::Settings,
    handle: Handle,
    git: Option<(Git, application::Settings)>,
    mut stop: watch::Receiver<bool>,
) {
    if let Err(error) = prepare(&cluster).await {
        tracing::error!(%error, "the embedded cluster could not be prepared");
        return;
    }
    let sealing = controller::run(&cluster, &clock, settings, handle, stop.clone());
    let mut until_stopped = stop.clone();
    let applying = async {
        let Some((git, settings)) = git else { return };
        let applier = application::Applier::new(&cluster, &clock, &git, settings);
        let stopped = async move {
            let _ = until_stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = applier.run(stopped).await {
            tracing::error!(%error, "the applier ended");
        }
    };
    let mut told = stop.clone();
    let analysing = analyse(&cluster, &clock, stop.clone());
    let stopped = async {
        // A sender that is gone is a stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let workloads = until(stopped, workload::run(cluster.clone(), clock.clone()));
    let rollouts = controller::rollout::run(&cluster, &clock, None, async move {
        // A sender that is gone is a stop as well.
        let _ = told.wait_for(|stop| *stop).await;
    });
    let (sealed, (), (), rolled, ()) =
        future::join5(sealing, workloads, applying, rollouts, analysing).await;
    if let Err(error) = rolled {
        tracing::error!(%error, "the rollouts controller ended");
    }
    if let Err(error) = sealed {
        tracing::error!(%error, "the sealing controller ended");
    }
}

/// Runs the AnalysisRuns.
async fn analyse(cluster: &Cluster, clock: &Clock, mut stop: watch::Receiver<bool>) {
    let web = match Web::new() {
        Ok(web) => web,
        Err(error) => {
            tracing::error!(%error, "no metrics can be asked for");
            return;
        }
    };
    let settings = analysis_run::Settings::default();
    let stopped = async move {
        // A sender that is gone is a stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = analysis_run::run(cluster, clock, &web, settings, stopped).await {
        tracing::error!(%error, "the analysis controller ended");
    }
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
    for definition in crd::argo::all().into_iter().chain(crd::argo::routes()) {
        ensure(cluster, definition).await?;
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
    if object.gvk() == Gvk::new("", "v1", "Service") || live.at(&["spec"]) == object.at(&["spec"]) {
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
