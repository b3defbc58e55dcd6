//! The table of the commands on secrets.

use clap::Subcommand;

use super::{history, list, promote};
use crate::cli::{Env, Exit, Failure, Shell, block_on};

/// Versions of secrets: which is promoted, which was rejected and why, and who reads which.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What `waxwing secret` is to do.
#[derive(Debug)]
pub struct Settings(Command);

#[derive(Debug, Subcommand)]
enum Command {
    /// List the secrets that are delivered as versions.
    List(list::Args),
    /// Show the versions of one secret.
    History(history::Args),
    /// Promote the desired version of a secret that no Rollout reads.
    Promote(promote::Args),
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
/// [`Failure`] when the cluster or the secret cannot be read.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    block_on(async {
        match settings.0 {
            Command::List(args) => list::run(args, shell).await,
            Command::History(args) => history::run(args, shell).await,
            Command::Promote(args) => promote::run(args, shell).await,
        }
    })?
}
