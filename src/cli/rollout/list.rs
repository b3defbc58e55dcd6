//! `waxwing rollout list`.

use std::{collections::BTreeMap, pin::pin};

use futures::StreamExt;
use jiff::Timestamp;

use super::{
    connect::Connection,
    render::{Columns, list_header, list_row, table},
};
use crate::{
    api::rollout,
    cli::{Exit, Failure, Shell},
    clock::Clock,
    cluster::{LiveEvent, Selector, Watch},
    object::Object,
};

/// List rollouts.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  waxwing rollout list -A\n  waxwing rollout list --watch --timestamps"
)]
pub(super) struct Args {
    #[command(flatten)]
    connection: Connection,
    /// Only the rollout of this name.
    #[arg(long)]
    name: Option<String>,
    /// Of all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Print each change as it comes.
    #[arg(short, long)]
    watch: bool,
    /// Print when each line was made.
    #[arg(long)]
    timestamps: bool,
    /// table or json (an array; with --watch a line for each change).
    #[arg(short, long, default_value = "table", value_parser = ["table", "json"])]
    output: String,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let failed = |error| Failure::new("failed to list rollouts").because(error);
    let place = args.connection.place().await?;
    let namespace = (!args.all_namespaces).then_some(place.namespace.as_str());
    let mut selector = Selector::default();
    let mut watch = Watch::all(rollout::gvk()).within(namespace);
    if let Some(name) = &args.name {
        selector.fields = format!("metadata.name={name}");
        watch = watch.named(name);
    }
    let listed = place
        .cluster
        .list(&rollout::gvk(), namespace, &selector)
        .await;
    let rollouts = listed.map_err(failed)?.objects;
    let columns = Columns {
        namespace: args.all_namespaces,
        timestamp: args.timestamps,
    };
    let is_json = args.output == "json";
    let now = || second(Clock::wall().now());
    let mut shown = BTreeMap::new();
    let mut rows = vec![list_header(columns)];
    for rollout in &rollouts {
        shown.insert(key(rollout), list_row(rollout, Columns::default(), ""));
        rows.push(list_row(rollout, columns, &now()));
    }
    if is_json {
        shell.say(serde_json::to_string_pretty(&rollouts).unwrap_or_default())?;
    } else if rollouts.is_empty() && !args.watch {
        shell.note("No resources found.");
    } else {
        shell.say(table(&rows))?;
    }
    if !args.watch {
        return Ok(Exit::Yes);
    }
    let mut events = pin!(place.cluster.watch(&watch).map_err(failed)?);
    while let Some(event) = events.next().await {
        // An error of the watch is followed by its next beginning.
        let (Ok(LiveEvent::Apply(live)) | Ok(LiveEvent::InitApply(live))) = event else {
            continue;
        };
        let rollout = live.object();
        let row = list_row(rollout, Columns::default(), "");
        if shown.insert(key(rollout), row.clone()) == Some(row) {
            continue;
        }
        if is_json {
            shell.say(serde_json::to_string(rollout.as_ref()).unwrap_or_default())?;
        } else {
            shell.say(table(&[list_row(rollout, columns, &now())]))?;
        }
    }
    Ok(Exit::Yes)
}

fn key(rollout: &Object) -> (String, String) {
    let namespace = rollout.namespace().unwrap_or_default();
    (namespace.to_owned(), rollout.name().to_owned())
}

fn second(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
