//! `waxwing app history` and `waxwing app rollback`.

use serde_json::{Map, Value, json};

use super::{
    connect::{Connection, table, text},
    sync, wait,
};
use crate::{
    api::application,
    cli::{Exit, Failure, Shell},
    object::Object,
    plan::Precondition,
};

/// Show which commits were applied.
#[derive(Debug, clap::Args)]
pub(super) struct HistoryArgs {
    /// The Application.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// wide, id or json.
    #[arg(short, long, default_value = "wide", value_parser = ["wide", "id", "json"])]
    output: String,
}

/// Sync to a commit that was applied before.
#[derive(Debug, clap::Args)]
pub(super) struct RollbackArgs {
    /// The Application.
    name: String,
    /// Which entry of the history; the one before the last unless said.
    id: Option<i64>,
    #[command(flatten)]
    connection: Connection,
    /// Delete what that commit lacks.
    #[arg(long)]
    prune: bool,
    /// Seconds to wait; 0 for ever.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    timeout: u64,
}

pub(super) async fn history(args: HistoryArgs, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let app = args.connection.app(&cluster, &args.name).await?;
    let entries = entries(&app);
    match args.output.as_str() {
        "id" => {
            for entry in &entries {
                shell.say(id(entry))?;
            }
        }
        "json" => shell.say(serde_json::to_string_pretty(&entries).unwrap_or_default())?,
        _ => {
            for block in blocks(&entries) {
                shell.say(block)?;
            }
        }
    }
    Ok(Exit::Yes)
}

pub(super) async fn rollback(args: RollbackArgs, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let app = args.connection.app(&cluster, &args.name).await?;
    let spec = application::spec(&app).unwrap_or_default();
    if spec.automated().is_some() {
        return Err(
            Failure::new("rollback cannot be initiated when auto-sync is enabled")
                .hint("revert the commit in Git, or turn automated sync off first")
                .exiting(Exit::No),
        );
    }
    if !wait::is_idle(&app) {
        return Err(Failure::new("another operation is already in progress").exiting(Exit::No));
    }
    let entries = entries(&app);
    let entry = match args.id {
        Some(wanted) => entries.iter().find(|entry| id(entry) == wanted),
        None => entries.iter().rev().nth(1),
    };
    let Some(entry) = entry else {
        let wanted = args.id.map_or_else(|| "-1".to_owned(), |id| id.to_string());
        return Err(Failure::new(format!(
            "application '{}' does not have deployment id '{wanted}' in history",
            args.name
        ))
        .hint("see the ids with `waxwing app history`"));
    };
    let mut operation = Map::new();
    operation.insert("prune".to_owned(), args.prune.into());
    operation.insert("syncStrategy".to_owned(), json!({"apply": {}}));
    for field in ["revision", "source", "revisions", "sources"] {
        if let Some(value) = entry.get(field) {
            operation.insert(field.to_owned(), value.clone());
        }
    }
    let asked = json!({"operation": {"sync": operation, "initiatedBy": {"username": "waxwing"}}});
    let target = args.connection.reference(&args.name);
    sync::ask(&cluster, &target, &app, &asked, args.timeout, shell).await
}

/// Stop the sync that runs.
#[derive(Debug, clap::Args)]
pub(super) struct TerminateArgs {
    /// The Application.
    name: String,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn terminate(args: TerminateArgs, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let app = args.connection.app(&cluster, &args.name).await?;
    if text(&app, &["status", "operationState", "phase"]) != "Running" {
        return Err(
            Failure::new("Unable to terminate operation. No operation is in progress")
                .exiting(Exit::No),
        );
    }
    let guard = Precondition {
        uid: None,
        resource_version: app.resource_version().map(str::to_owned),
    };
    let patch = json!({"status": {"operationState": {"phase": "Terminating"}}});
    cluster
        .patch(&args.connection.reference(&args.name), &patch, &guard)
        .await
        .map_err(|error| Failure::new("failed to terminate the operation").because(error))?;
    shell.say(format_args!(
        "Application '{}' operation terminating",
        args.name
    ))?;
    Ok(Exit::Yes)
}

fn entries(app: &Object) -> Vec<Value> {
    let listed = app.at(&["status", "history"]).and_then(Value::as_array);
    listed.cloned().unwrap_or_default()
}

fn id(entry: &Value) -> i64 {
    entry.get("id").and_then(Value::as_i64).unwrap_or_default()
}

/// A block for each repository: its URL, and the commits of it.
fn blocks(entries: &[Value]) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for entry in entries {
        let field = |value: &Value, name: &str| {
            let text = value.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let one = |name: &str| entry.get(name).cloned().into_iter().collect::<Vec<_>>();
        let many = |name: &str| entry.get(name).and_then(Value::as_array).cloned();
        let sources = many("sources").unwrap_or_else(|| one("source"));
        let revisions = many("revisions").unwrap_or_else(|| one("revision"));
        for (source, revision) in sources.iter().zip(revisions) {
            let url = field(source, "repoURL");
            let full = revision.as_str().unwrap_or_default();
            let short = full.get(..7).unwrap_or(full);
            let shown = match field(source, "targetRevision") {
                target if target.is_empty() || target == full => short.to_owned(),
                target => format!("{target} ({short})"),
            };
            let row = vec![
                id(entry).to_string(),
                date(&field(entry, "deployedAt")),
                shown,
            ];
            if !urls.contains(&url) {
                urls.push(url.clone());
            }
            all.push((url, row));
        }
    }
    urls.into_iter()
        .enumerate()
        .map(|(at, url)| {
            let header = ["ID", "DATE", "REVISION"].map(str::to_owned).to_vec();
            let own = all.iter().filter(|(of, _)| *of == url);
            let rows: Vec<_> = [header]
                .into_iter()
                .chain(own.map(|(_, row)| row.clone()))
                .collect();
            let space = if at == 0 { "" } else { "\n" };
            format!("{space}SOURCE  {url}\n{}", table(&rows))
        })
        .collect()
}

/// An instant as Go prints it.
fn date(text: &str) -> String {
    text.parse::<jiff::Timestamp>().map_or_else(
        |_| text.to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_for_each_repository() {
        let source = |url: &str| json!({"repoURL": url, "targetRevision": "main"});
        let entries = [
            json!({"id": 0, "deployedAt": "2030-01-02T03:04:05Z", "revision": "a".repeat(40), "source": source("https://h/a")}),
            json!({"id": 1, "deployedAt": "2030-01-02T04:04:05Z", "revisions": ["b".repeat(40), "c".repeat(40)],
                "sources": [source("https://h/a"), source("https://h/b")]}),
        ];
        assert_eq!(
            blocks(&entries),
            [
                "SOURCE  https://h/a\nID  DATE                           REVISION\n0   2030-01-02 03:04:05 +0000 UTC  main (aaaaaaa)\n1   2030-01-02 04:04:05 +0000 UTC  main (bbbbbbb)",
                "\nSOURCE  https://h/b\nID  DATE                           REVISION\n1   2030-01-02 04:04:05 +0000 UTC  main (ccccccc)",
            ]
        );
    }
}
