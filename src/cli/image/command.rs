//! The table of the commands on images.

use clap::Subcommand;

use super::set;
use crate::cli::{Env, Exit, Failure, Shell};

/// Images: what Git asks for.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What `waxwing image` is to do.
#[derive(Debug)]
pub struct Settings(Command);

#[derive(Debug, Subcommand)]
enum Command {
    /// Change an image in a kustomization, in place.
    Set(set::Args),
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
/// [`Failure`] when a file cannot be read, edited or written, or git refuses the commit.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    match settings.0 {
        Command::Set(args) => set::run(&args, shell),
    }
}
