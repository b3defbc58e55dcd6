//! `waxwing secret history`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::connect::{Connection, Known, table};
use crate::{
    cli::{Exit, Failure, Shell},
    object::{Gvk, Object},
    version::{self, Content, Delivered, Rejection},
};

/// The number of the first version of all.
const FIRST: u64 = 1;

/// Show the versions of one secret: which is promoted, who has rejected which and why, and who reads which. Of what
/// changed, only the names of the keys are shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing secret history backstage -n shop")]
pub(super) struct Args {
    /// The secret.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// wide or json.
    #[arg(short, long, default_value = "wide", value_parser = ["wide", "json"])]
    output: String,
}

/// One version.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub version: u64,
    pub secret: String,
    pub is_promoted: bool,
    pub is_desired: bool,
    pub created: String,
    /// Keys that are not as in the version before; all of them for the first of all, `None` where none before is left.
    pub changed_keys: Option<Vec<String>>,
    /// The version that the keys are compared with.
    pub changed_since: Option<u64>,
    pub rejected_by: BTreeMap<String, Rejection>,
    /// Those that name it; those that name the plain Secret are shown at the promoted version.
    pub replica_sets: Vec<String>,
    /// As for ReplicaSets.
    pub pods: Vec<String>,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = args.connection.place().await?;
    let known = place.secret(&args.name).await?;
    let namespace = Some(place.namespace.as_str());
    let sets = place
        .all(&Gvk::new("apps", "v1", "ReplicaSet"), namespace, "")
        .await?;
    let pods = place.all(&Gvk::new("", "v1", "Pod"), namespace, "").await?;
    let rows = rows(&args.name, &known, &sets, &pods);
    if args.output == "json" {
        shell.say(serde_json::to_string_pretty(&rows).unwrap_or_default())?;
    } else {
        shell.say(text(&rows))?;
    }
    Ok(Exit::Yes)
}

/// The versions, newest first.
pub(super) fn rows(name: &str, known: &Known, sets: &[Object], pods: &[Object]) -> Vec<Row> {
    let versions = version::versions(name, &known.versions);
    let promoted = Delivered::of(name, known.sealed.as_ref(), &known.versions).promoted;
    let naming = |objects: &[Object], number: u64, template: fn(&Object) -> Value| -> Vec<String> {
        let names = objects.iter().filter(|object| {
            let namespace = object.namespace().unwrap_or_default();
            let held = version::held(&template(object), namespace, name);
            held.number(promoted) == Some(number)
        });
        names.map(|object| object.name().to_owned()).collect()
    };
    let mut before: Option<(u64, Content)> = None;
    let mut rows: Vec<Row> = versions
        .values()
        .map(|version| {
            let content = Content::of(version.object);
            let changed = match &before {
                Some((_, before)) => Some(content.changed_keys(before)),
                None if version.number == FIRST => {
                    Some(content.data.keys().map(String::as_str).collect())
                }
                None => None,
            };
            let created = version.object.at(&["metadata", "creationTimestamp"]);
            let row = Row {
                version: version.number,
                secret: version.object.name().to_owned(),
                is_promoted: version.is_promoted(),
                is_desired: version.is_desired(),
                created: created
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                changed_keys: changed.map(|keys| keys.into_iter().map(str::to_owned).collect()),
                changed_since: before.as_ref().map(|(number, _)| *number),
                rejected_by: version.rejections(),
                replica_sets: naming(sets, version.number, version::template_in),
                pods: naming(pods, version.number, Object::to_value),
            };
            before = Some((version.number, content));
            row
        })
        .collect();
    rows.reverse();
    rows
}

/// What changed, and since when, where that is not the version just before.
fn changed(row: &Row) -> String {
    let Some(keys) = &row.changed_keys else {
        return "unknown".to_owned();
    };
    let keys = if keys.is_empty() {
        "-".to_owned()
    } else {
        keys.join(",")
    };
    match row.changed_since {
        Some(since) if since + 1 != row.version => format!("{keys} (since {since})"),
        _ => keys,
    }
}

pub(super) fn text(rows: &[Row]) -> String {
    let header = [
        "VERSION",
        "STATE",
        "CREATED",
        "CHANGED KEYS",
        "REPLICASETS",
        "PODS",
        "REJECTED",
    ];
    let list = |names: &[String]| match names {
        [] => "-".to_owned(),
        names => names.join(","),
    };
    let cells = rows.iter().map(|row| {
        let mut state = Vec::new();
        if row.is_promoted {
            state.push("promoted".to_owned());
        }
        if row.is_desired {
            state.push("desired".to_owned());
        }
        if !row.rejected_by.is_empty() {
            state.push("rejected".to_owned());
        }
        let rejected: Vec<String> = row
            .rejected_by
            .iter()
            .map(|(rollout, rejection)| {
                format!(
                    "{rollout} revision {}: {}",
                    rejection.revision, rejection.message
                )
            })
            .collect();
        vec![
            row.version.to_string(),
            list(&state),
            row.created.clone(),
            changed(row),
            list(&row.replica_sets),
            row.pods.len().to_string(),
            list(&rejected),
        ]
    });
    table(&header, cells.collect())
}
