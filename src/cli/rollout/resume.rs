//! `waxwing rollout resume`.

use serde_json::json;

use super::connect::Named;
use crate::cli::{Exit, Failure, Shell};

/// Let a halted rollout go on.
///
/// Takes back `pause`; a pause among the steps is ended by `promote`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing rollout resume guestbook")]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let patch = json!({"spec": {"paused": false}});
    args.named.change(&patch, "resumed", shell).await
}
