//! Which controllers run, and all of them together: started and stopped as one.

use std::{collections::BTreeSet, future::Future, pin::pin, time::Duration};

use axum::{Router, routing::get};
use futures::future;
use tokio::sync::watch;

use super::{
    analysis_run,
    application::{self, Applier},
    lease::{Election, Ended, Shards},
    rollout,
    run::{self, Settings, stopped},
    serve::{self, Handle},
};
use crate::{
    clock::Clock,
    cluster::{Cluster, ClusterError},
    web::Web,
};

/// How long what has begun may take to end after the lease is lost: none of its writes leaves any more.
const LAST_BREATH: Duration = Duration::from_secs(3);

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
    /// Who of several works; without it, this one. The clusters given here and to the applier must be behind its gate.
    pub election: Option<Election>,
    /// How several share the opening of SealedSecrets, instead of an election; nothing else may run then.
    pub shards: Option<Shards>,
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
    /// With an election, only while it is won; the sealing keys are followed always, so that every replica answers.
    ///
    /// # Errors
    /// [`ClusterError`] when one cannot begin; what fails later is logged and tried again for ever.
    pub async fn run(
        self,
        cluster: &Cluster,
        clock: &Clock,
        stop: watch::Receiver<bool>,
    ) -> Result<(), ClusterError> {
        if self.web.is_none() && self.parts.contains(&Part::Analysis) {
            tracing::error!("no metrics can be asked for");
        }
        if let Some(shards) = &self.shards {
            return self.shared(shards, cluster, clock, stop).await;
        }
        let (leads, leading) = watch::channel(self.election.is_none());
        let keys = when(
            self.parts.contains(&Part::SealedSecrets),
            run::follow_keys(
                cluster,
                clock,
                &self.sealing,
                &self.handle,
                leading,
                stop.clone(),
            ),
        );
        let terms = async {
            match &self.election {
                None => self.term(cluster, clock, stop).await,
                Some(election) => self.terms(election, cluster, clock, &leads, stop).await,
            }
        };
        future::try_join(keys, terms).await.map(drop)
    }

    /// Opens the SealedSecrets of the shards that are held; who holds the first makes the keys.
    async fn shared(
        &self,
        shards: &Shards,
        cluster: &Cluster,
        clock: &Clock,
        stop: watch::Receiver<bool>,
    ) -> Result<(), ClusterError> {
        let Some((leading, first)) = shards.first() else {
            return Ok(());
        };
        let keys = run::follow_keys(
            &first,
            clock,
            &self.sealing,
            &self.handle,
            leading,
            stop.clone(),
        );
        let sealing = (&self.sealing, &self.handle);
        let sealed = run::unseal(
            cluster,
            clock,
            sealing.0,
            sealing.1,
            Some(shards),
            stop.clone(),
        );
        let shared = async {
            shards.run(stopped(stop)).await;
            Ok(())
        };
        future::try_join3(keys, sealed, shared).await.map(drop)
    }

    /// Works whenever the election is won, until stopped.
    async fn terms(
        &self,
        election: &Election,
        cluster: &Cluster,
        clock: &Clock,
        leads: &watch::Sender<bool>,
        stop: watch::Receiver<bool>,
    ) -> Result<(), ClusterError> {
        loop {
            tokio::select! {
                biased;
                () = stopped(stop.clone()) => return Ok(()),
                () = election.acquire() => {}
            }
            leads.send_replace(true);
            let (end, ended) = watch::channel(false);
            let mut term = pin!(self.term(cluster, clock, ended));
            let told = async {
                stopped(stop.clone()).await;
                end.send_replace(true);
                // The lease is renewed while what has begun is finished.
                future::pending::<()>().await
            };
            let mut asked = false;
            tokio::select! {
                biased;
                outcome = &mut term => {
                    election.release().await;
                    return outcome;
                }
                ended = election.hold() => asked = ended == Ended::Asked,
                () = told => {}
            }
            leads.send_replace(false);
            end.send_replace(true);
            if tokio::time::timeout(LAST_BREATH, term).await.is_err() {
                tracing::warn!("what was going on was cut off");
            }
            if asked {
                election.release().await;
            }
            self.applier.forget_all();
        }
    }

    /// Everything that only one replica does.
    async fn term(
        &self,
        cluster: &Cluster,
        clock: &Clock,
        stop: watch::Receiver<bool>,
    ) -> Result<(), ClusterError> {
        let has = |part: Part| self.parts.contains(&part);
        let mut sealing = self.sealing.clone();
        sealing.sealed.rollouts = has(Part::Rollouts);
        let namespaces = match &sealing.namespaces {
            Some(names) => names.iter().cloned().map(Some).collect(),
            None => vec![None],
        };
        let rollouts = namespaces.iter().map(|namespace: &Option<String>| {
            let told = stopped(stop.clone());
            rollout::run(cluster, clock, namespace.as_deref(), told)
        });
        let judged = namespaces.iter().filter_map(|namespace: &Option<String>| {
            let web = self.web.as_ref()?;
            let settings = analysis_run::Settings {
                namespace: namespace.clone(),
                ..analysis_run::Settings::default()
            };
            let told = stopped(stop.clone());
            Some(analysis_run::run(cluster, clock, web, settings, told))
        });
        let judged = future::try_join_all(judged);
        let judged = when(has(Part::Analysis), async { judged.await.map(drop) });
        let rollouts = future::try_join_all(rollouts);
        let rollouts = when(has(Part::Rollouts), async { rollouts.await.map(drop) });
        let applier = self.applier.clone();
        let applications = when(has(Part::Applications), applier.run(stopped(stop.clone())));
        let sealed = when(
            has(Part::SealedSecrets),
            run::unseal(cluster, clock, &sealing, &self.handle, None, stop.clone()),
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
