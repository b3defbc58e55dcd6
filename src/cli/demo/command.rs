//! The command line of `waxwing demo`.

use super::{
    chapter,
    narrator::{Narrator, Telling},
    stage::Stage,
};
use crate::cli::{Env, Exit, Failure, Shell, block_on};

/// Watch the story of one secret on an embedded cluster.
///
/// Starts the embedded API server and the real controllers in this process, and tells what happens as it
/// happens: a Secret is sealed, applied, opened, changed, opened again; an edit by hand is put right; a copy
/// under another name is refused. Needs no cluster, no Docker and no network.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  waxwing demo\n  waxwing demo -o json | jq -r '.title // .text // empty'"
)]
pub struct Args {
    /// How the story is told.
    #[arg(short, long, value_enum, default_value_t = Telling::Text)]
    pub output: Telling,
}

/// What `waxwing demo` is to do.
#[derive(Debug)]
pub struct Settings {
    telling: Telling,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// None so far; every command has this step.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Ok(Settings {
            telling: self.output,
        })
    }
}

/// Tells the story; yes only if every expectation held.
///
/// # Errors
/// The embedded cluster could not be started, or standard output is closed.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut narrator = Narrator::new(shell, settings.telling);
    block_on(async {
        let stage = Stage::start().await?;
        let told = chapter::seal_and_open(&stage, &mut narrator).await;
        stage.stop().await;
        told
    })??;
    narrator.end()
}
