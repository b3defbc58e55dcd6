//! `waxwing rollout abort`.

use serde_json::json;

use super::connect::Named;
use crate::cli::{Exit, Failure, Shell};

/// Stop an update and go back to the stable pods.
///
/// The template keeps asking for the new version: `retry` tries it again, and going back in Git undoes it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing rollout abort guestbook")]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let patch = json!({"status": {"abort": true}});
    args.named.change(&patch, "aborted", shell).await
}
