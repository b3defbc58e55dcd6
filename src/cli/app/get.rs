//! `waxwing app get`.

use serde_json::{Value, json};

use super::connect::{Connection, table, text};
use crate::{
    api::application,
    cli::{Exit, Failure, Shell},
    object::{Object, yaml},
    plan::Precondition,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The Application.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// Compare with Git first.
    #[arg(long)]
    refresh: bool,
    /// The same, with everything rendered anew.
    #[arg(long)]
    hard_refresh: bool,
    /// wide, json or yaml.
    #[arg(short, long, default_value = "wide", value_parser = ["wide", "json", "yaml"])]
    output: String,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let mut app = args.connection.app(&cluster, &args.name).await?;
    if args.refresh || args.hard_refresh {
        let how = if args.hard_refresh { "hard" } else { "normal" };
        let asked = json!({"metadata": {"annotations": {application::REFRESH: how}}});
        let target = args.connection.reference(&args.name);
        cluster
            .patch(&target, &asked, &Precondition::default())
            .await
            .map_err(|error| Failure::new("failed to ask for a refresh").because(error))?;
        app = super::wait::until(&cluster, &target, super::wait::PATIENCE, |app| {
            app.annotation(application::REFRESH).is_none()
        })
        .await?;
    }
    match args.output.as_str() {
        "json" => shell.say(serde_json::to_string_pretty(&app).unwrap_or_default())?,
        "yaml" => shell.say(yaml::write(&app.to_value()).trim_end())?,
        _ => {
            shell.say(header(&app))?;
            let conditions = conditions(&app);
            if conditions.len() > 1 {
                shell.say(format_args!("\n{}", table(&conditions)))?;
            }
            shell.say(format_args!("\n{}", table(&resources(&app))))?;
        }
    }
    Ok(Exit::Yes)
}

/// The lines above the tables.
pub(super) fn header(app: &Object) -> String {
    let namespace = app.namespace().unwrap_or_default();
    let spec = application::spec(app).unwrap_or_default();
    let policy = match spec.automated() {
        None => "Manual".to_owned(),
        Some(automated) if automated.prune => "Automated (Prune)".to_owned(),
        Some(_) => "Automated".to_owned(),
    };
    let sources = sources(app);
    let target_of = |source: &Value| match field_of(source, "targetRevision") {
        empty if empty.is_empty() => "HEAD".to_owned(),
        target => target,
    };
    let revision = text(app, &["status", "sync", "revision"]);
    let short = revision.get(..7).unwrap_or(&revision);
    // Several sources have several commits, which no line has room for.
    let at = match sources.as_slice() {
        [source] => format!("{} ({short})", target_of(source)),
        _ => String::new(),
    };
    let status = match text(app, &["status", "sync", "status"]).as_str() {
        "Synced" if !at.is_empty() => format!("Synced to {at}"),
        "OutOfSync" if !at.is_empty() => format!("OutOfSync from {at}"),
        other => other.to_owned(),
    };
    let health = text(app, &["status", "health", "status"]);
    let message = text(app, &["status", "health", "message"]);
    let health = if message.is_empty() {
        health
    } else {
        format!("{health} ({message})")
    };
    let server = match text(app, &["spec", "destination", "server"]) {
        empty if empty.is_empty() => text(app, &["spec", "destination", "name"]),
        server => server,
    };
    let word = if sources.len() == 1 {
        "Source:"
    } else {
        "Sources:"
    };
    let mut lines = vec![
        ("Name:", format!("{namespace}/{}", app.name())),
        ("Project:", text(app, &["spec", "project"])),
        ("Server:", server),
        (
            "Namespace:",
            text(app, &["spec", "destination", "namespace"]),
        ),
        (word, String::new()),
    ];
    for source in &sources {
        lines.push(("- Repo:", field_of(source, "repoURL")));
        lines.push(("  Target:", target_of(source)));
        for (name, field) in [("  Path:", "path"), ("  Ref:", "ref")] {
            let value = field_of(source, field);
            if !value.is_empty() {
                lines.push((name, value));
            }
        }
    }
    lines.extend([
        ("Sync Policy:", policy),
        ("Sync Status:", status),
        ("Health Status:", health),
    ]);
    lines
        .iter()
        .map(|(name, value)| format!("{name:<20}{value}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The sources: several, or the one.
fn sources(app: &Object) -> Vec<Value> {
    let many = app.at(&["spec", "sources"]).and_then(Value::as_array);
    match many.filter(|many| !many.is_empty()) {
        Some(many) => many.clone(),
        None => app.at(&["spec", "source"]).cloned().into_iter().collect(),
    }
}

fn conditions(app: &Object) -> Vec<Vec<String>> {
    let mut rows = vec![
        ["CONDITION", "MESSAGE", "LAST TRANSITION"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let listed = app.at(&["status", "conditions"]).and_then(Value::as_array);
    for one in listed.into_iter().flatten() {
        rows.push(
            ["type", "message", "lastTransitionTime"]
                .map(|field| field_of(one, field))
                .to_vec(),
        );
    }
    rows
}

/// The objects, with what the last sync has said of each.
pub(super) fn resources(app: &Object) -> Vec<Vec<String>> {
    let header = [
        "GROUP",
        "KIND",
        "NAMESPACE",
        "NAME",
        "STATUS",
        "HEALTH",
        "HOOK",
        "MESSAGE",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let results = app
        .at(&["status", "operationState", "syncResult", "resources"])
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let same = |one: &Value, other: &Value| {
        ["group", "kind", "namespace", "name"]
            .iter()
            .all(|field| field_of(one, field) == field_of(other, field))
    };
    let listed = app.at(&["status", "resources"]).and_then(Value::as_array);
    for one in listed.into_iter().flatten() {
        let result = results.iter().find(|result| same(one, result));
        let health = one.pointer("/health/status").and_then(Value::as_str);
        rows.push(vec![
            field_of(one, "group"),
            field_of(one, "kind"),
            field_of(one, "namespace"),
            field_of(one, "name"),
            field_of(one, "status"),
            health.unwrap_or_default().to_owned(),
            result
                .map(|result| field_of(result, "hookType"))
                .unwrap_or_default(),
            result
                .map(|result| field_of(result, "message"))
                .unwrap_or_default(),
        ]);
    }
    rows
}

fn field_of(value: &Value, field: &str) -> String {
    let text = value.get(field).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
