//! The table of the commands on Applications.

use clap::Subcommand;

use super::{diff, get, history, list, manifests, sync, wait};
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
    /// Show what a sync would change.
    Diff(diff::Args),
    /// Print the manifests of an application.
    Manifests(manifests::Args),
    /// Show which commits were applied.
    History(history::HistoryArgs),
    /// Sync to a commit that was applied before.
    Rollback(history::RollbackArgs),
    /// Stop the sync that runs.
    #[command(visible_alias = "terminate-op")]
    Terminate(history::TerminateArgs),
}

impl Settings {
    /// `diff` without `app` before it.
    pub fn diff(args: diff::Args) -> Self {
        Self(Command::Diff(args))
    }

    /// `sync` without `app` before it.
    pub fn sync(args: sync::Args) -> Self {
        Self(Command::Sync(args))
    }
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
            Command::Diff(args) => diff::run(args, shell).await,
            Command::Manifests(args) => manifests::run(args, shell).await,
            Command::History(args) => history::history(args, shell).await,
            Command::Rollback(args) => history::rollback(args, shell).await,
            Command::Terminate(args) => history::terminate(args, shell).await,
        }
    })?
}
