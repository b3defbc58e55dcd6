//! The table of the commands on Applications.

use clap::Subcommand;

use super::{get, list, sync, wait};
use crate::cli::{Env, Exit, Failure, Shell, block_on};

/// Applications: what of Git is applied where, and how that goes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What `waxwing app` is to do.
#[derive(Debug)]
pub struct Settings(Command);

#[derive(Debug, Subcommand)]
enum Command {
    /// List applications.
    List(list::Args),
    /// Show one application with its objects.
    Get(get::Args),
    /// Sync an application and wait for the end.
    Sync(sync::Args),
    /// Wait until an application is synced and healthy.
    Wait(wait::Args),
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
/// [`Failure`] when the cluster or the Application cannot be read.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    block_on(async {
        match settings.0 {
            Command::List(args) => list::run(args, shell).await,
            Command::Get(args) => get::run(args, shell).await,
            Command::Sync(args) => sync::run(args, shell).await,
            Command::Wait(args) => wait::run(args, shell).await,
        }
    })?
}
