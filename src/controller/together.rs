//! Which controllers run, and all of them together: started and stopped as one.

use std::{collections::BTreeSet, future::Future};

use axum::{Router, routing::get};
use futures::future;
use tokio::sync::watch;

use super::{
    analysis_run,
    application::{self, Applier},
    rollout,
    run::{self, Settings, stopped},
    serve::{self, Handle},
};
use crate::{
    clock::Clock,
    cluster::{Cluster, ClusterError},
    web::Web,
};

/// One of the controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Opens SealedSecrets.
    SealedSecrets,
    /// Rolls out.
    Rollouts,
    /// Judges rollouts.
    Analysis,
    /// Applies Git.
    Applications,
}

impl Part {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::SealedSecrets,
        Self::Rollouts,
        Self::Analysis,
        Self::Applications,
    ];

    /// As it is named on the command line.
    pub fn text(self) -> &'static str {
        match self {
            Self::SealedSecrets => "sealed-secrets",
            Self::Rollouts => "rollouts",
            Self::Analysis => "analysis",
            Self::Applications => "applications",
        }
    }
}

/// What is run.
pub struct Together {
    /// The controllers.
    pub parts: BTreeSet<Part>,
    /// The settings of the sealing controller.
    pub sealing: Settings,
    /// What it answers from.
    pub handle: Handle,
    /// What applies Git.
    pub applier: Applier,
    /// The way to the metrics; without one nothing is judged.
    pub web: Option<Web>,
}

impl Together {
    /// The routes of the service port: those of the controllers that run.
    pub fn router(&self) -> Router {
        let answers = if self.parts.contains(&Part::SealedSecrets) {
            serve::router(self.handle.clone())
        } else {
            // Without keys to wait for we are ready as soon as we answer.
            Router::new()
                .route("/healthz", get(async || "ok\n"))
                .route("/readyz", get(async || "ok\n"))
        };
        if self.parts.contains(&Part::Applications) {
            answers.merge(application::router(self.applier.clone()))
        } else {
            answers
        }
    }

    /// Runs them until `stop` holds true or its sender is gone; work that has begun is finished first.
    ///
    /// # Errors
    /// [`ClusterError`] when one cannot begin; what fails later is logged and tried again for ever.
    pub async fn run(
        self,
        cluster: &Cluster,
        clock: &Clock,
        stop: watch::Receiver<bool>,
    ) -> Result<(), ClusterError> {
        let Self {
            parts,
            mut sealing,
            handle,
            applier,
            web,
        } = self;
        let has = |part: Part| parts.contains(&part);
        sealing.sealed.rollouts = has(Part::Rollouts);
        let namespaces = match &sealing.namespaces {
            Some(names) => names.iter().cloned().map(Some).collect(),
            None => vec![None],
        };
        let rollouts = namespaces.iter().map(|namespace: &Option<String>| {
            let told = stopped(stop.clone());
            rollout::run(cluster, clock, namespace.as_deref(), told)
        });
        if web.is_none() && has(Part::Analysis) {
            tracing::error!("no metrics can be asked for");
        }
        let judged = namespaces.iter().zip(std::iter::repeat(&web)).filter_map(
            |(namespace, web): (&Option<String>, &Option<Web>)| {
                let web = web.as_ref()?;
                let settings = analysis_run::Settings {
                    namespace: namespace.clone(),
                    ..analysis_run::Settings::default()
                };
                let told = stopped(stop.clone());
                Some(analysis_run::run(cluster, clock, web, settings, told))
            },
        );
        let judged = future::try_join_all(judged);
        let judged = when(has(Part::Analysis), async { judged.await.map(drop) });
        let rollouts = future::try_join_all(rollouts);
        let rollouts = when(has(Part::Rollouts), async { rollouts.await.map(drop) });
        let applications = when(has(Part::Applications), applier.run(stopped(stop.clone())));
        let sealed = when(
            has(Part::SealedSecrets),
            run::run(cluster, clock, sealing, handle, stop),
        );
        future::try_join4(sealed, rollouts, judged, applications)
            .await
            .map(drop)
    }
}

async fn when(
    is_chosen: bool,
    work: impl Future<Output = Result<(), ClusterError>>,
) -> Result<(), ClusterError> {
    if is_chosen { work.await } else { Ok(()) }
}
