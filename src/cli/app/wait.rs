//! `waxwing app wait`.

use std::{pin::pin, time::Duration};

use futures::StreamExt;

use super::{
    connect::{Connection, text},
    get,
};
use crate::{
    cli::{Exit, Failure, Shell},
    cluster::{Cluster, Watch},
    object::{Object, ObjectRef},
};

/// How long a refresh may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The Application.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// Until it is synced.
    #[arg(long)]
    sync: bool,
    /// Until it is healthy.
    #[arg(long)]
    health: bool,
    /// Until no operation runs.
    #[arg(long)]
    operation: bool,
    /// Until it is suspended.
    #[arg(long)]
    suspended: bool,
    /// Until it is degraded.
    #[arg(long)]
    degraded: bool,
    /// Until it is gone.
    #[arg(long)]
    delete: bool,
    /// Seconds to wait; 0 for ever.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    timeout: u64,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let target = args.connection.reference(&args.name);
    let patience = patience(args.timeout);
    if args.delete {
        watch(&cluster, &target, patience, |app| app.is_none()).await?;
        return Ok(Exit::Yes);
    }
    args.connection.app(&cluster, &args.name).await?;
    let says_nothing =
        !(args.sync || args.health || args.operation || args.suspended || args.degraded);
    let app = until(&cluster, &target, patience, |app| {
        let health = text(app, &["status", "health", "status"]);
        let is_synced = text(app, &["status", "sync", "status"]) == "Synced";
        let wants_health = args.health || says_nothing;
        let is_wanted_health = match health.as_str() {
            "Healthy" => wants_health,
            "Suspended" => args.suspended,
            "Degraded" => args.degraded,
            _ => false,
        };
        (!(args.sync || says_nothing) || is_synced)
            && (!(wants_health || args.suspended || args.degraded) || is_wanted_health)
            && (!(args.operation || says_nothing) || is_idle(app))
    })
    .await?;
    shell.say(get::header(&app))?;
    Ok(Exit::Yes)
}

/// Whether no operation is asked for or runs.
pub(super) fn is_idle(app: &Object) -> bool {
    let phase = text(app, &["status", "operationState", "phase"]);
    app.at(&["operation"]).is_none() && !["Running", "Terminating"].contains(&phase.as_str())
}

/// How long a number of seconds is; 0 is for ever.
pub(super) fn patience(seconds: u64) -> Duration {
    match seconds {
        0 => Duration::MAX,
        seconds => Duration::from_secs(seconds),
    }
}

/// The Application, as soon as it is as wanted.
pub(super) async fn until(
    cluster: &Cluster,
    target: &ObjectRef,
    patience: Duration,
    is_wanted: impl Fn(&Object) -> bool,
) -> Result<Object, Failure> {
    let found = watch(cluster, target, patience, |app| app.is_none_or(&is_wanted)).await?;
    found.ok_or_else(|| Failure::new(format!("application {} is gone", target.name)))
}

async fn watch(
    cluster: &Cluster,
    target: &ObjectRef,
    patience: Duration,
    is_wanted: impl Fn(Option<&Object>) -> bool,
) -> Result<Option<Object>, Failure> {
    let failed =
        |error| Failure::new(format!("failed to read application {}", target.name)).because(error);
    let watch = Watch::all(target.gvk.clone())
        .within(target.namespace.as_deref())
        .named(&target.name);
    let mut changes = pin!(cluster.watch(&watch).map_err(failed)?);
    let search = async {
        loop {
            let app = cluster.get(target).await.map_err(failed)?;
            if is_wanted(app.as_ref()) {
                return Ok(app);
            }
            // An error of the watch is followed by its next beginning.
            let _ = changes.next().await;
        }
    };
    match tokio::time::timeout(patience, search).await {
        Ok(found) => found,
        Err(_) => Err(Failure::new(format!(
            "timed out ({}s) waiting for app \"{}\" match desired state",
            patience.as_secs(),
            target.name
        ))
        .exiting(Exit::No)),
    }
}
