//! The table of the commands on sealing keys.

use clap::Subcommand;

use super::{backup, change, list, new, restore, show, usage};
use crate::{
    cli::{Env, Exit, Failure, Shell, block_on},
    seal::KeyState,
};

/// Sealing keys of a cluster: list, renew, retire, back up and restore them.
///
/// Reads the key Secrets with your own rights. A key is staged (opens, is not sealed for yet), current (sealed for),
/// retired (opens only) or compromised (neither). The label of the original stays `active` on every key that opens.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What `waxwing key` is to do.
#[derive(Debug)]
pub struct Settings(Command);

#[derive(Debug, Subcommand)]
enum Command {
    /// List the keys: state, age, use, last backup.
    List(list::Args),
    /// Show one key and its certificate.
    Show(show::Args),
    /// Count what each key opens, in the cluster or in files.
    Usage(usage::Args),
    /// Make a new key.
    New(new::Args),
    /// Make a staged or retired key current.
    Promote(change::Args),
    /// Let a key open, but be sealed for no more.
    Retire(change::Args),
    /// Take a key that fell into wrong hands out of use; what it alone opens cannot be opened any more.
    Compromise(change::Args),
    /// Write the keys to an encrypted file.
    Backup(backup::Args),
    /// Bring keys back from an encrypted file.
    Restore(restore::Args),
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
/// [`Failure`] when the cluster or a file cannot be read or written.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    match settings.0 {
        Command::List(args) => block_on(list::run(&args, shell))?,
        Command::Show(args) => block_on(show::run(&args, shell))?,
        Command::Usage(args) => usage::run(&args, shell),
        Command::New(args) => block_on(new::run(&args, shell))?,
        Command::Promote(args) => block_on(change::run(&args, KeyState::Current, shell))?,
        Command::Retire(args) => block_on(change::run(&args, KeyState::Retired, shell))?,
        Command::Compromise(args) => block_on(change::run(&args, KeyState::Compromised, shell))?,
        Command::Backup(args) => backup::run(&args, shell),
        Command::Restore(args) => restore::run(&args, shell),
    }
}
