//! `waxwing rollout abort`.

use serde_json::json;

use super::connect::{Connection, Told, tell};
use crate::cli::{Exit, Failure, Shell};

/// Stop an update and go back to the stable pods.
///
/// The template keeps asking for the new version: `retry` tries it again, and going back in Git undoes it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing rollout abort guestbook")]
pub(super) struct Args {
    /// The rollouts.
    #[arg(required = true)]
    names: Vec<String>,
    #[command(flatten)]
    connection: Connection,
    /// A sentence, or the rollout as it is now.
    #[arg(short, long, value_enum, default_value_t)]
    output: Told,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = args.connection.place().await?;
    for name in &args.names {
        let patch = json!({"status": {"abort": true}});
        let changed = place.patch_status(name, &patch).await?;
        tell(
            shell,
            args.output,
            &changed,
            &format!("rollout '{name}' aborted"),
        )?;
    }
    Ok(Exit::Yes)
}
