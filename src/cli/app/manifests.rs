//! `waxwing app manifests`.

use serde_json::Value;

use super::{
    connect::{Connection, text},
    look::LookArgs,
};
use crate::{
    cli::{Exit, Failure, Shell},
    object::{Gvk, Object, yaml},
};

/// Print the manifests of an application; values of Secrets are masked.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The Application.
    name: String,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    look: LookArgs,
    /// git for what Git wants, live for what the cluster has.
    #[arg(long, default_value = "git", value_parser = ["git", "live"])]
    source: String,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let app = args.connection.app(&cluster, &args.name).await?;
    if args.source == "git" {
        let seen = args.look.look(&args.connection, &cluster, &app).await?;
        for target in seen.resources.iter().filter_map(|one| one.target.as_ref()) {
            print(target, shell)?;
        }
        return Ok(Exit::Yes);
    }
    let failed = |error| Failure::new("failed to read the live objects").because(error);
    let kinds = cluster.kinds().await.map_err(failed)?;
    let listed = app.at(&["status", "resources"]).and_then(Value::as_array);
    for one in listed.into_iter().flatten() {
        let Ok(one) =
            Object::from_value(serde_json::json!({"apiVersion": "v1", "kind": "Row", "row": one}))
        else {
            continue;
        };
        let field = |name: &str| text(&one, &["row", name]);
        let gvk = Gvk::new(field("group"), field("version"), field("kind"));
        let Some(resource) = kinds.find(&gvk) else {
            continue;
        };
        let namespace = Some(field("namespace")).filter(|namespace| !namespace.is_empty());
        let live = cluster
            .get_any(resource, namespace.as_deref(), &field("name"))
            .await
            .map_err(failed)?;
        if let Some(live) = live {
            print(&live, shell)?;
        }
    }
    Ok(Exit::Yes)
}

fn print(object: &Object, shell: &mut Shell) -> Result<(), Failure> {
    let mut shown = object.masked();
    shown.remove(&["metadata", "managedFields"]);
    shell.say(format_args!(
        "---\n{}",
        yaml::write(&shown.to_value()).trim_end()
    ))
}
