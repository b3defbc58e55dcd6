//! `waxwing completion`: a script that completes the command line.

use clap::CommandFactory;
use clap_complete::Shell as Dialect;

use super::{Env, Exit, Failure, Shell, command::CommandLine};

/// Print a script that completes waxwing's command line in your shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  source <(waxwing completion bash)")]
pub struct Args {
    /// The shell to complete in.
    #[arg(value_enum)]
    pub shell: Dialect,
}

/// What `waxwing completion` is to do.
#[derive(Debug)]
pub struct Settings {
    dialect: Dialect,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// None so far; every command has this step.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Ok(Settings {
            dialect: self.shell,
        })
    }
}

/// Prints the script.
///
/// # Errors
/// Standard output is closed.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(settings.dialect, &mut command, "waxwing", &mut script);
    shell.output().write_all(&script)?;
    Ok(Exit::Yes)
}
