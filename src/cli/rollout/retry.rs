//! `waxwing rollout retry`.

use serde_json::json;

use super::connect::Named;
use crate::cli::{Exit, Failure, Shell};

/// Try an aborted update again.
///
/// It begins at the first step, with new analysis.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing rollout retry guestbook")]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let patch = json!({"status": {"abort": false}});
    args.named.change(&patch, "retried", shell).await
}
