//! `waxwing crd`: the custom resource definitions, for `kubectl apply -f -`.

use super::{Env, Exit, Failure, Shell};
use crate::{api::crd, object::yaml};

/// Print the custom resource definitions.
///
/// The same files are kept under deploy/crds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing crd | kubectl apply -f -")]
pub struct Args {}

/// What `waxwing crd` is to do.
#[derive(Debug)]
pub struct Settings {}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// None so far; every command has this step.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        let Self {} = self;
        Ok(Settings {})
    }
}

/// Prints each definition as a document.
///
/// # Errors
/// Standard output is closed.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let Settings {} = settings;
    let ours = [
        crd::sealed_secret(),
        crd::application(),
        crd::argo::app_project(),
    ];
    for definition in ours.into_iter().chain(crd::argo::all()) {
        let text = yaml::write(&definition);
        shell.say(format_args!("---\n{}", text.trim_end()))?;
    }
    Ok(Exit::Yes)
}
