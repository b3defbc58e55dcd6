//! `waxwing app sync`.

use serde_json::{Value, json};

use super::{
    connect::{Connection, table, text},
    get, wait,
};
use crate::{
    api::application,
    cli::{Exit, Failure, Shell},
    cluster::Cluster,
    object::{Object, ObjectRef},
    plan::Precondition,
};

/// Sync an application and wait for the end.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Application.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// Branch, tag or commit instead of the application's own.
    #[arg(long, default_value = "")]
    revision: String,
    /// Delete what Git lacks.
    #[arg(long)]
    prune: bool,
    /// Write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Delete and make again what cannot be changed.
    #[arg(long)]
    force: bool,
    /// Replace instead of patching.
    #[arg(long)]
    replace: bool,
    /// Let the API server merge.
    #[arg(long)]
    server_side: bool,
    /// Apply only what differs.
    #[arg(long)]
    apply_out_of_sync_only: bool,
    /// apply runs no hooks.
    #[arg(long, value_parser = ["apply", "hook"])]
    strategy: Option<String>,
    /// Only these objects: GROUP:KIND:NAME or GROUP:KIND:NAMESPACE/NAME.
    #[arg(long, value_name = "RESOURCE")]
    resource: Vec<String>,
    /// Do not wait for the end.
    #[arg(long = "async")]
    is_async: bool,
    /// How often a failed sync is tried again.
    #[arg(long, default_value_t = 0)]
    retry_limit: i64,
    /// Seconds to wait; 0 for ever.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    timeout: u64,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let app = args.connection.app(&cluster, &args.name).await?;
    if !wait::is_idle(&app) {
        return Err(Failure::new("another operation is already in progress").exiting(Exit::No));
    }
    let own = text(&app, &["spec", "source", "targetRevision"]);
    let is_automated = application::spec(&app).is_ok_and(|spec| spec.automated().is_some());
    if is_automated && !args.revision.is_empty() && args.revision != own && !args.dry_run {
        return Err(Failure::new(format!(
            "Cannot sync to {}: auto-sync currently set to {own}",
            args.revision
        ))
        .exiting(Exit::No));
    }
    let asked = json!({"operation": operation(&args)?});
    let target = args.connection.reference(&args.name);
    if args.is_async {
        write(&cluster, &target, &app, &asked).await?;
        return Ok(Exit::Yes);
    }
    ask(&cluster, &target, &app, &asked, args.timeout, shell).await
}

/// Asks for an operation, which must be the only one.
async fn write(
    cluster: &Cluster,
    target: &ObjectRef,
    app: &Object,
    asked: &Value,
) -> Result<Object, Failure> {
    let guard = Precondition {
        uid: None,
        resource_version: app.resource_version().map(str::to_owned),
    };
    let written = cluster.patch(target, asked, &guard).await;
    written.map_err(|error| Failure::new("failed to ask for the sync").because(error))
}

/// Asks for an operation, waits for its end, and says how it went.
pub(super) async fn ask(
    cluster: &Cluster,
    target: &ObjectRef,
    app: &Object,
    asked: &Value,
    timeout: u64,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let written = write(cluster, target, app, asked).await?;
    let began = written.resource_version().map(str::to_owned);
    let patience = wait::patience(timeout);
    let app = wait::until(cluster, target, patience, |app| {
        wait::is_idle(app) && app.resource_version().map(str::to_owned) != began
    })
    .await?;
    shell.say(table(&get::resources(&app)))?;
    shell.say(format_args!("\n{}", outcome(&app)))?;
    Ok(
        match text(&app, &["status", "operationState", "phase"]).as_str() {
            "Succeeded" => Exit::Yes,
            _ => Exit::No,
        },
    )
}

fn operation(args: &Args) -> Result<Value, Failure> {
    let mut resources = Vec::new();
    for one in &args.resource {
        let wrong = || Failure::new(format!("--resource {one} must be GROUP:KIND:NAME"));
        let mut parts = one.splitn(3, ':');
        let (group, kind, name) = (parts.next(), parts.next(), parts.next());
        let (Some(group), Some(kind), Some(name)) = (group, kind, name) else {
            return Err(wrong());
        };
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        if kind.is_empty() || name.is_empty() {
            return Err(wrong());
        }
        resources.push(json!({"group": group, "kind": kind, "name": name, "namespace": namespace}));
    }
    let mut options = Vec::new();
    for (is_on, option) in [
        (args.replace, "Replace=true"),
        (args.server_side, "ServerSideApply=true"),
        (args.apply_out_of_sync_only, "ApplyOutOfSyncOnly=true"),
    ] {
        if is_on {
            options.push(option);
        }
    }
    let strategy = args.strategy.as_deref().unwrap_or("hook");
    let mut sync = json!({
        "syncStrategy": {strategy: {"force": args.force}},
        "prune": args.prune,
        "dryRun": args.dry_run,
    });
    if let Some(map) = sync.as_object_mut() {
        if !args.revision.is_empty() {
            map.insert("revision".to_owned(), args.revision.clone().into());
        }
        if !resources.is_empty() {
            map.insert("resources".to_owned(), resources.into());
        }
        if !options.is_empty() {
            map.insert("syncOptions".to_owned(), options.into());
        }
    }
    let mut operation = json!({"sync": sync, "initiatedBy": {"username": "waxwing"}});
    if args.retry_limit != 0
        && let Some(map) = operation.as_object_mut()
    {
        map.insert("retry".to_owned(), json!({"limit": args.retry_limit}));
    }
    Ok(operation)
}

/// The block at the end.
fn outcome(app: &Object) -> String {
    let state = |field: &str| text(app, &["status", "operationState", field]);
    let revision = text(app, &["status", "operationState", "syncResult", "revision"]);
    let (start, finish) = (state("startedAt"), state("finishedAt"));
    let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let duration = instant(&start)
        .zip(instant(&finish))
        .map(|(start, finish)| format!("{}s", finish.duration_since(start).as_secs()));
    [
        ("Operation:", "Sync".to_owned()),
        ("Sync Revision:", revision),
        ("Phase:", state("phase")),
        ("Start:", start),
        ("Finished:", finish),
        ("Duration:", duration.unwrap_or_default()),
        ("Message:", state("message")),
    ]
    .iter()
    .map(|(name, value)| format!("{name:<20}{value}").trim_end().to_owned())
    .collect::<Vec<_>>()
    .join("\n")
}
