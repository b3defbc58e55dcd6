//! `waxwing secret list`.

use serde::Serialize;

use super::connect::{Connection, Known, shown, table};
use crate::{
    cli::{Exit, Failure, Shell},
    version::{self, Delivered},
};

/// List the secrets that are delivered as versions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing secret list -n shop")]
pub(super) struct Args {
    #[command(flatten)]
    connection: Connection,
    /// Secrets of all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// wide or json.
    #[arg(short, long, default_value = "wide", value_parser = ["wide", "json"])]
    output: String,
}

/// One secret.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub namespace: String,
    pub name: String,
    pub promoted: Option<u64>,
    pub desired: Option<u64>,
    pub versions: usize,
    pub status: String,
    pub message: String,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = args.connection.place().await?;
    let namespace = (!args.all_namespaces).then_some(place.namespace.as_str());
    let secrets = place.secrets(namespace).await?;
    let rows: Vec<Row> = secrets
        .iter()
        .map(|((namespace, name), known)| row(namespace, name, known))
        .collect();
    if args.output == "json" {
        shell.say(serde_json::to_string_pretty(&rows).unwrap_or_default())?;
        return Ok(Exit::Yes);
    }
    shell.say(text(&rows, args.all_namespaces))?;
    Ok(Exit::Yes)
}

pub(super) fn row(namespace: &str, name: &str, known: &Known) -> Row {
    let delivered = Delivered::of(name, known.sealed.as_ref(), &known.versions);
    let said = known.sealed.as_ref().and_then(version::said);
    let is_opted_in = known.sealed.as_ref().is_some_and(version::is_opted_in);
    let (status, message) = match (said, &known.sealed) {
        (Some(said), _) => said,
        (None, None) => ("Orphaned".to_owned(), "its SealedSecret is gone".to_owned()),
        (None, Some(_)) if is_opted_in => ("Unknown".to_owned(), "not looked at yet".to_owned()),
        (None, Some(_)) => (
            "OptedOut".to_owned(),
            "its changes apply at once".to_owned(),
        ),
    };
    Row {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        promoted: delivered.promoted,
        desired: delivered.desired,
        versions: delivered.existing.len(),
        status,
        message,
    }
}

pub(super) fn text(rows: &[Row], with_namespace: bool) -> String {
    if rows.is_empty() {
        return "No secrets are delivered as versions.".to_owned();
    }
    let mut header = vec![
        "NAME", "PROMOTED", "DESIRED", "VERSIONS", "STATUS", "MESSAGE",
    ];
    if with_namespace {
        header.insert(0, "NAMESPACE");
    }
    let cells = rows.iter().map(|row| {
        let mut cells = vec![
            row.name.clone(),
            shown(row.promoted),
            shown(row.desired),
            row.versions.to_string(),
            row.status.clone(),
            row.message.clone(),
        ];
        if with_namespace {
            cells.insert(0, row.namespace.clone());
        }
        cells
    });
    table(&header, cells.collect())
}
