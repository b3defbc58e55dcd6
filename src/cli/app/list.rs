//! `waxwing app list`.

use serde_json::Value;

use super::connect::{Connection, policy, table, text};
use crate::{
    cli::{Exit, Failure, Shell},
    object::{Object, yaml},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connection: Connection,
    /// Only those with these labels.
    #[arg(short = 'l', long, value_name = "LABELS", default_value = "")]
    selector: String,
    /// Only those of these projects.
    #[arg(short, long, value_name = "NAME")]
    project: Vec<String>,
    /// Only those of this repository.
    #[arg(short, long, value_name = "URL")]
    repo: Option<String>,
    /// wide, name, json or yaml.
    #[arg(short, long, default_value = "wide", value_parser = ["wide", "name", "json", "yaml"])]
    output: String,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let mut apps = args.connection.apps(&cluster, &args.selector).await?;
    apps.retain(|app| {
        let project = text(app, &["spec", "project"]);
        let url = text(app, &["spec", "source", "repoURL"]);
        (args.project.is_empty() || args.project.contains(&project))
            && args
                .repo
                .as_ref()
                .is_none_or(|repo| crate::source::is_same(repo, &url))
    });
    match args.output.as_str() {
        "name" => {
            for app in &apps {
                shell.say(name(app))?;
            }
        }
        "json" => shell.say(serde_json::to_string_pretty(&apps).unwrap_or_default())?,
        "yaml" => {
            let all = Value::Array(apps.iter().map(Object::to_value).collect());
            shell.say(yaml::write(&all).trim_end())?;
        }
        _ => shell.say(table(&rows(&apps)))?,
    }
    Ok(Exit::Yes)
}

fn name(app: &Object) -> String {
    format!("{}/{}", app.namespace().unwrap_or_default(), app.name())
}

fn rows(apps: &[Object]) -> Vec<Vec<String>> {
    let header = [
        "NAME",
        "CLUSTER",
        "NAMESPACE",
        "PROJECT",
        "STATUS",
        "HEALTH",
        "SYNCPOLICY",
        "CONDITIONS",
        "REPO",
        "PATH",
        "TARGET",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for app in apps {
        let server = text(app, &["spec", "destination", "server"]);
        let cluster = if server.is_empty() {
            text(app, &["spec", "destination", "name"])
        } else {
            server
        };
        rows.push(vec![
            name(app),
            cluster,
            text(app, &["spec", "destination", "namespace"]),
            text(app, &["spec", "project"]),
            text(app, &["status", "sync", "status"]),
            text(app, &["status", "health", "status"]),
            policy(app).to_owned(),
            conditions(app),
            text(app, &["spec", "source", "repoURL"]),
            text(app, &["spec", "source", "path"]),
            text(app, &["spec", "source", "targetRevision"]),
        ]);
    }
    rows
}

/// The types of the conditions, each once; `<none>` where there is none.
fn conditions(app: &Object) -> String {
    let listed = app.at(&["status", "conditions"]).and_then(Value::as_array);
    let mut kinds: Vec<&str> = listed
        .into_iter()
        .flatten()
        .filter_map(|one| one.get("type")?.as_str())
        .collect();
    kinds.dedup();
    if kinds.is_empty() {
        "<none>".to_owned()
    } else {
        kinds.join(",")
    }
}
