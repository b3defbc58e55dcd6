//! The loop of the AnalysisRuns: reads, lets `rollout::analysis_run` decide, measures, and applies.

use std::{collections::BTreeMap, future::Future};

use futures::{FutureExt, future};

use super::engine::{self, Loop};
use crate::{
    api::{
        analysis::run_gvk,
        exchange::{Call, Reply, Step},
    },
    clock::Clock,
    cluster::{Cluster, ClusterError, Watch},
    object::{Object, ObjectRef},
    plan::Next,
    rollout::{
        analysis_run::{self, Decision, Snapshot, Taken, Task},
        metric,
    },
    secret::Hidden,
    web::Web,
};

/// How many runs are worked at together: a pass mostly waits for answers.
const WORKERS: usize = 64;

/// What events call us, as the original is called.
const COMPONENT: &str = "rollouts-controller";

/// All that the operator has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The namespace whose runs are worked at; none for all.
    pub namespace: Option<String>,
    /// What holds for all metrics.
    pub metrics: metric::Settings,
}

/// Runs the AnalysisRuns of one namespace, or of all, until stopped; a measurement that waits for its answer then
/// is given up, and made again by whoever comes next.
///
/// # Errors
/// [`ClusterError::UnknownKind`], which the table of kinds rules out.
pub async fn run(
    cluster: &Cluster,
    clock: &Clock,
    web: &Web,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> Result<(), ClusterError> {
    let cluster = cluster.clone().reporting_as(COMPONENT, clock);
    let watch = Watch::all(run_gvk()).within(settings.namespace.as_deref());
    let work = Loop::new(&cluster, clock, watch)?.workers(WORKERS);
    let stop = stop.shared();
    let runner = Runner {
        cluster,
        clock: clock.clone(),
        web: web.clone(),
        settings: settings.metrics,
    };
    work.until(stop.clone())
        .run(move |found| {
            let (runner, stop) = (runner.clone(), stop.clone());
            async move {
                let target = found.reference();
                tokio::select! {
                    biased;
                    () = stop => Ok(Next::AwaitChange),
                    next = runner.pass(&target) => next,
                }
            }
        })
        .await;
    Ok(())
}

#[derive(Clone)]
struct Runner {
    cluster: Cluster,
    clock: Clock,
    web: Web,
    settings: metric::Settings,
}

impl Runner {
    /// One pass over one run, read anew: what a watch shows may be older than our last write.
    async fn pass(&self, target: &ObjectRef) -> Result<Next, ClusterError> {
        let Some(run) = self.cluster.get(target).await? else {
            return Ok(Next::AwaitChange);
        };
        let mut snapshot = self.observe(run).await?;
        let plan = loop {
            match analysis_run::decide(&snapshot, self.clock.now()) {
                Decision::Measure(tasks) => {
                    let taken = tasks
                        .into_iter()
                        .map(|task| measure(&self.web, &self.clock, task));
                    snapshot.taken = future::join_all(taken).await;
                }
                Decision::Apply(plan) => break plan,
            }
        };
        engine::apply(plan, &self.cluster).await
    }

    async fn observe(&self, run: Object) -> Result<Snapshot, ClusterError> {
        let mut secrets = BTreeMap::new();
        for target in analysis_run::needs(&run) {
            let found = self.cluster.get(&target).await?;
            secrets.insert(target, found);
        }
        Ok(Snapshot {
            run,
            secrets,
            taken: Vec::new(),
            settings: self.settings.clone(),
        })
    }
}

/// Makes one measurement.
pub async fn measure(web: &Web, clock: &Clock, task: Task) -> Taken {
    let started = clock.now();
    let reply = match task.call {
        Ok(call) => ask(web, call).await,
        Err(error) => Err(error),
    };
    Taken {
        metric: task.metric,
        started,
        finished: clock.now(),
        reply,
    }
}

/// Sends all that a measurement needs.
///
/// # Errors
/// The text that the measurement shows.
pub async fn ask(web: &Web, mut call: Call) -> Result<Reply, String> {
    if let Some(step) = call.token {
        let place = step.request.url.clone();
        let reply = take(web, &step).await?;
        let token =
            metric::token(&reply).map_err(|error| metric::no_reply("POST", &place, &error))?;
        let bearer = Hidden::new(format!("Bearer {}", token.expose()));
        let asked = [
            Some(&mut call.ask.request),
            call.ask.otherwise.as_mut().map(|(_, request)| request),
        ];
        for request in asked.into_iter().flatten() {
            request
                .headers
                .push(("authorization".to_owned(), bearer.clone()));
        }
    }
    take(web, &call.ask).await
}

async fn take(web: &Web, step: &Step) -> Result<Reply, String> {
    let send = async |request| {
        web.send(request)
            .await
            .map_err(|error| metric::no_reply(request.method, &request.url, &error.to_string()))
    };
    let reply = send(&step.request).await?;
    match &step.otherwise {
        Some((statuses, request)) if statuses.contain(reply.status) => send(request).await,
        _ => Ok(reply),
    }
}
