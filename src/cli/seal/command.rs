//! The table of what `waxwing seal` does.

use clap::Subcommand;

use super::{check, edit, make, set, unset};
use crate::cli::{Env, Exit, Failure, Shell};

/// Seal Secrets, so that they can be kept in Git.
///
/// Reads Secrets from files or the standard input (YAML, JSON, Lists, streams), or builds one from literals and files,
/// and writes SealedSecrets. With a first word of `set`, `unset`, `edit` or `check` it works on a sealed file.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_precedence_over_arg = true,
    after_help = "Examples:\n  \
    waxwing seal secret.yaml -w sealed.yaml\n  \
    waxwing seal --name db -n shop --from-literal user=me --from-file password=./password -w sealed.yaml\n  \
    waxwing seal set sealed.yaml password --from-file ./password"
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    make: make::Args,
}

/// What `waxwing seal` is to do.
#[derive(Debug)]
pub struct Settings(Command);

#[derive(Debug, Subcommand)]
enum Command {
    /// Seal values into a sealed file, in place.
    Set(set::Args),
    /// Take values out of a sealed file, in place.
    Unset(unset::Args),
    /// Change the values of a sealed file in an editor.
    Edit(edit::Args),
    /// Say whether sealed files open, and why not.
    Check(check::Args),
    #[command(skip)]
    Make(Box<make::Args>),
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// None so far; every command has this step.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Ok(Settings(
            self.command
                .unwrap_or_else(|| Command::Make(Box::new(self.make))),
        ))
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] says what cannot be sealed, read or written.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    match settings.0 {
        Command::Set(args) => set::run(&args, shell),
        Command::Unset(args) => unset::run(&args, shell),
        Command::Edit(args) => edit::run(&args, shell),
        Command::Check(args) => check::run(&args, shell),
        Command::Make(args) => make::run(&args, shell),
    }
}
