//! `waxwing rollout resume`.

use serde_json::json;

use super::connect::{Connection, Told, tell};
use crate::cli::{Exit, Failure, Shell};

/// Let a halted rollout go on.
///
/// Takes back `pause`; a pause among the steps is ended by `promote`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing rollout resume guestbook")]
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
        let patch = json!({"spec": {"paused": false}});
        let changed = place.patch(name, &patch).await?;
        tell(
            shell,
            args.output,
            &changed,
            &format!("rollout '{name}' resumed"),
        )?;
    }
    Ok(Exit::Yes)
}
