//! The command line of `waxwing demo`.

use tokio::signal::unix::{SignalKind, signal};

use super::{
    director::Director,
    screen::{Screen, stopped},
    seen::NAME,
    stage::{Stage, repository_url},
    teller::{Teller, Telling},
    told::Event,
};
use crate::cli::{Env, Exit, Failure, Shell, block_on};

/// Watch a secret delivered like a change of code, on an embedded cluster.
///
/// Starts the embedded API server and the real controllers in this process, with a Git repository in a temporary
/// folder, and tells a story in five chapters: a repository is synced; a pipeline pushes an image, which is promoted
/// as a canary; somebody seals a wrong password, which only canary pods read, and which is rejected; somebody seals
/// the right one; an image and a secret change at once. Needs no cluster, no Docker and no network. The exit code is 0
/// only if every expectation of the story held, and 2 if one did not on a machine that is too slow for --speed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  waxwing demo\n  waxwing demo --keep --pause-at 3\n  \
    waxwing demo -o json | jq -r 'select(.event == \"expectation\") | .text'"
)]
pub struct Args {
    /// How the story is told: a picture on a terminal and lines elsewhere, always lines, or one event a line.
    #[arg(short, long, value_enum, default_value_t)]
    output: Telling,
    /// How many simulated seconds pass in a second.
    #[arg(long, default_value_t = 18, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=100))]
    speed: u32,
    /// Wait for Enter before this chapter.
    #[arg(long, value_name = "CHAPTER", value_parser = clap::value_parser!(u8).range(1..=5))]
    pause_at: Option<u8>,
    /// Leave the cluster and the repository running afterwards, until Ctrl-C.
    #[arg(long)]
    keep: bool,
}

/// What `waxwing demo` is to do.
#[derive(Debug)]
pub struct Settings {
    telling: Telling,
    speed: u32,
    pause_at: Option<usize>,
    keep: bool,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// None so far; every command has this step.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Ok(Settings {
            telling: self.output,
            speed: self.speed,
            pause_at: self.pause_at.map(usize::from),
            keep: self.keep,
        })
    }
}

/// Tells the story; yes only if every expectation held.
///
/// # Errors
/// The embedded cluster could not be started, standard output is closed, or the story was stopped.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    block_on(async {
        let mut stage = Stage::start(settings.speed).await?;
        let told = tell(&mut stage, &settings, shell).await;
        if told.is_ok() && settings.keep {
            keep(&stage, shell).await?;
        }
        stage.stop().await;
        told
    })?
}

async fn tell(stage: &mut Stage, settings: &Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut teller = match settings.telling {
        Telling::Json => Teller::Json(shell),
        Telling::Auto if shell.is_interactive() => Teller::Picture(Box::new(Screen::open()?)),
        Telling::Auto | Telling::Text => Teller::Lines(shell),
    };
    let told = until_told(Director::new(stage, &mut teller).run(settings.pause_at)).await;
    let rest = match &teller {
        Teller::Picture(screen) => screen.picture.summary.clone(),
        Teller::Lines(_) | Teller::Json(_) => None,
    };
    // Gives the terminal back before anything else is said.
    drop(teller);
    if let Some(summary) = rest {
        shell.say(summary.words().1)?;
    }
    told
}

/// The work, unless the process is told to stop before its end.
async fn until_told<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let no_signals = |error| Failure::new("failed to listen for signals").because(error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    tokio::select! {
        done = work => done,
        _ = interrupt.recv() => Err(stopped()),
        _ = terminate.recv() => Err(stopped()),
    }
}

async fn keep(stage: &Stage, shell: &mut Shell) -> Result<(), Failure> {
    if let Event::Opened {
        kubeconfig,
        repository,
        ..
    } = stage.opened()
    {
        shell.note(format_args!(
            "the cluster goes on until Ctrl-C; clone and push to {repository}\nexport KUBECONFIG={kubeconfig}\n\
             to look at Git from the desk: waxwing app diff {NAME} --git-url {url}={repository}",
            url = repository_url()?,
        ));
    }
    let forever = std::future::pending::<Result<(), Failure>>();
    // Told to stop is what is waited for here.
    let _ = until_told(forever).await;
    Ok(())
}
