//! `waxwing app diff`.

use super::{
    change::{self, Change},
    connect::Connection,
    look::LookArgs,
};
use crate::cli::{Exit, Failure, Shell};

/// Show what a sync would change. Exits 0 when nothing differs, 1 when something does, 2 when it cannot be told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing app diff shop --revision my-branch -o markdown")]
pub struct Args {
    /// The Application.
    name: String,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    look: LookArgs,
    /// text as argocd prints it, markdown for a pull request, or json.
    #[arg(short, long, default_value = "text", value_parser = ["text", "markdown", "json"])]
    output: String,
    /// Exit with 1 when something differs.
    #[arg(long, default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set, value_parser = crate::cli::go_value::boolean)]
    exit_code: bool,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.connection.cluster().await?;
    let app = args.connection.app(&cluster, &args.name).await?;
    let seen = args.look.look(&args.connection, &cluster, &app).await?;
    let changes = change::changes(&seen.resources);
    let unchanged = seen.resources.iter().filter(|one| !one.is_hook).count() - changes.len();
    match args.output.as_str() {
        "markdown" => {
            let text = change::markdown(&app, &seen.revision, &changes, unchanged, seen.prunes);
            shell.say(text.trim_end())?;
        }
        "json" => {
            let all: Vec<_> = changes.iter().map(Change::value).collect();
            shell.say(serde_json::to_string_pretty(&all).unwrap_or_default())?;
        }
        _ => {
            for change in &changes {
                shell.say(change.block())?;
            }
        }
    }
    Ok(if changes.is_empty() || !args.exit_code {
        Exit::Yes
    } else {
        Exit::No
    })
}
