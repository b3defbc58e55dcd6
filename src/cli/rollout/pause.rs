//! `waxwing rollout pause`.

use serde_json::json;

use super::connect::Named;
use crate::cli::{Exit, Failure, Shell};

/// Halt a rollout.
///
/// Nothing is scaled until it is resumed or promoted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing rollout pause guestbook")]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let patch = json!({"spec": {"paused": true}});
    args.named.change(&patch, "paused", shell).await
}
