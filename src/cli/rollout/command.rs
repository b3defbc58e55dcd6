//! The table of the commands on Rollouts.

use clap::Subcommand;

use super::{abort, get, list, pause, promote, restart, resume, retry, set_image, status, undo};
use crate::cli::{Env, Exit, Failure, Shell, block_on};

/// Rollouts: how a change goes out, and what a user tells it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What `waxwing rollout` is to do.
#[derive(Debug)]
pub struct Settings(Command);

#[derive(Debug, Subcommand)]
enum Command {
    /// Show a rollout with its revisions, pods and analysis.
    Get(get::Args),
    /// List rollouts.
    List(list::Args),
    /// Wait until a rollout is healthy or degraded.
    Status(status::Args),
    /// Go on from a pause, or to the end.
    Promote(promote::Args),
    /// Stop an update and go back to the stable pods.
    Abort(abort::Args),
    /// Try an aborted update again.
    Retry(retry::Args),
    /// Go back to an earlier revision.
    Undo(undo::Args),
    /// Halt a rollout.
    Pause(pause::Args),
    /// Let a halted rollout go on.
    Resume(resume::Args),
    /// Restart the pods of a rollout.
    Restart(restart::Args),
    /// Change the image of a container.
    SetImage(set_image::Args),
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// None so far; every command has this step.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Ok(Settings(self.command))
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the cluster or the Rollout cannot be read or written.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    block_on(async {
        match settings.0 {
            Command::Get(args) => get::run(args, shell).await,
            Command::List(args) => list::run(args, shell).await,
            Command::Status(args) => status::run(args, shell).await,
            Command::Promote(args) => promote::run(args, shell).await,
            Command::Abort(args) => abort::run(args, shell).await,
            Command::Retry(args) => retry::run(args, shell).await,
            Command::Undo(args) => undo::run(args, shell).await,
            Command::Pause(args) => pause::run(args, shell).await,
            Command::Resume(args) => resume::run(args, shell).await,
            Command::Restart(args) => restart::run(args, shell).await,
            Command::SetImage(args) => set_image::run(args, shell).await,
        }
    })?
}
