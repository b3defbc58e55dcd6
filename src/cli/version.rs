//! `waxwing version`: which Waxwing this is, and whose files it reads as whose version does.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::{Env, Exit, Failure, Shell};

/// The originals, and the versions that Waxwing is held to (docs/compat.md).
const SPEAKS: &[(&str, &str)] = &[
    ("argo-cd", "3.6.1"),
    ("argo-rollouts", "1.10.2"),
    ("kubernetes", "1.37.2"),
    ("kustomize", "5.8.1"),
    ("sealed-secrets", "0.36.6"),
];

/// How the versions are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Lines to read.
    #[default]
    Text,
    /// One object.
    Json,
}

/// Print the version, and the versions of the originals that it is held to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  waxwing version\n  waxwing version -o json")]
pub struct Args {
    /// How the versions are printed.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// What `waxwing version` is to do.
#[derive(Debug)]
pub struct Settings {
    output: Output,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// None so far; every command has this step.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Ok(Settings {
            output: self.output,
        })
    }
}

/// Prints the versions.
///
/// # Errors
/// Standard output is closed.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let ours = env!("CARGO_PKG_VERSION");
    match settings.output {
        Output::Text => {
            shell.say(format_args!("waxwing {ours}"))?;
            for (name, version) in SPEAKS {
                shell.say(format_args!("  as {name} {version}"))?;
            }
        }
        Output::Json => {
            let speaks: Map<String, Value> = SPEAKS
                .iter()
                .map(|(name, version)| ((*name).to_owned(), (*version).into()))
                .collect();
            shell.say(json!({"version": ours, "as": speaks}))?;
        }
    }
    Ok(Exit::Yes)
}
