//! `waxwing sandbox`: a small Kubernetes API server on this machine.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::{
    Env, Exit, Failure, Shell, attach, block_on,
    controllers::{GitArgs, GitSettings},
    embedded::{Embedded, refused},
};
use crate::{
    clock::Clock,
    sandbox::{
        Sandbox, SandboxOptions, ServeOptions,
        data::{DataError, DataFolder, DataHealth, KeptIdentity},
    },
};

/// The fastest that time runs.
const MAX_SPEED: u32 = 1_000;

/// Run a small Kubernetes API server on this machine.
///
/// It listens on the loopback address with TLS, and prints the path of a kubeconfig for it. Objects
/// are kept in memory, or in a folder given by --data. It stops on Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  waxwing sandbox --port 6443 --kubeconfig sandbox.yaml\n  kubectl --kubeconfig sandbox.yaml get namespaces"
)]
pub struct Args {
    /// Port on the loopback address; 0 takes a free one, or the one that --data was served on before.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Where to write the kubeconfig; the default is a temporary file, or DIR/kubeconfig.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Keep the objects in this folder across restarts.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How Applications are applied.
    #[command(flatten)]
    pub git: GitArgs,
    /// Serve nothing; play a node with its kubelet, volumes and a scheduler on the cluster of this kubeconfig.
    #[arg(long, value_name = "KUBECONFIG", conflicts_with_all = ["port", "kubeconfig", "data", "git_url", "speed"])]
    pub attach: Option<PathBuf>,
    /// Let time run so many times as fast: pods, pauses, traffic and polls follow. Not with --data, where time must not
    /// run back at the next start.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "data",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SPEED)))]
    pub speed: u32,
}

/// What `waxwing sandbox` is to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// Port on the loopback address, 0 for a free one.
    pub port: u16,
    /// Where the kubeconfig goes, absent for a temporary file.
    pub kubeconfig: Option<PathBuf>,
    /// Where the objects are kept, absent for memory.
    pub data: Option<PathBuf>,
    /// How Applications are applied.
    pub git: GitSettings,
    /// The kubeconfig of a cluster to play a node on, instead of serving.
    pub attach: Option<PathBuf>,
    /// How many times as fast time runs.
    pub speed: u32,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// [`Failure`] names the flag that cannot be followed.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        let Self {
            port,
            kubeconfig,
            data,
            git,
            attach,
            speed,
        } = self;
        let beside_data = data.as_ref().map(|folder| folder.join("kubeconfig"));
        Ok(Settings {
            port,
            kubeconfig: kubeconfig.or(beside_data),
            data,
            git: git.resolve(false),
            attach,
            speed,
        })
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// The port is taken, or a file cannot be written.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    block_on(serve_until_told(settings, shell))?
}

async fn serve_until_told(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let no_signals = |error| Failure::new("failed to listen for signals").because(error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let Settings {
        port,
        kubeconfig,
        data,
        git,
        attach,
        speed,
    } = settings;
    if let Some(kubeconfig) = attach {
        let told = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        attach::play(&kubeconfig, shell, told).await?;
        return Ok(Exit::Yes);
    }
    let options = SandboxOptions {
        clock: match speed {
            1 => Clock::wall(),
            speed => Clock::fast(Clock::wall().now(), speed),
        },
    };
    let folder = data
        .map(|path| DataFolder::open(&path))
        .transpose()
        .map_err(no_data)?;
    let sandbox = match &folder {
        None => Sandbox::new(options),
        Some(folder) => {
            if folder.torn_bytes() > 0 {
                shell.note(format_args!(
                    "cut off {} bytes at the end of {}: a write that was never acknowledged",
                    folder.torn_bytes(),
                    folder.path().join("log").display()
                ));
            }
            Sandbox::with_data(options, folder)
        }
    };
    let kept = folder.as_ref().and_then(DataFolder::identity);
    let port = match &kept {
        Some(kept) if port == 0 => kept.port,
        _ => port,
    };
    let options = ServeOptions {
        port,
        kubeconfig,
        identity: kept.map(|kept| kept.identity),
    };
    let health = sandbox.data_health();
    let repositories = git.open()?;
    let applied = (repositories.git.clone(), git.applications);
    let embedded = Embedded::start_with(sandbox, options, Some(applied))
        .await
        .map_err(refused)?;
    let served = embedded.served();
    if let Some(folder) = &folder {
        let kept = KeptIdentity {
            identity: served.identity().clone(),
            port: served.address().port(),
        };
        folder.keep_identity(&kept).map_err(no_data)?;
    }
    shell.note(format_args!(
        "sandbox listens on https://{}",
        served.address()
    ));
    shell.say(served.kubeconfig().display())?;
    let broken = tokio::select! {
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        why = tell_health(health, shell) => Some(why),
    };
    embedded.stop().await;
    match broken {
        None => Ok(Exit::Yes),
        Some(why) => Err(Failure::new("the data folder cannot be relied on")
            .because(why)
            .hint("look after the disk, then start again: what was acknowledged is kept")),
    }
}

/// Tells when the data folder refuses writes and when it takes them again; ends with the reason when the server must.
async fn tell_health(
    health: Option<tokio::sync::watch::Receiver<DataHealth>>,
    shell: &mut Shell,
) -> String {
    let Some(mut health) = health else {
        return std::future::pending().await;
    };
    let mut is_refusing = false;
    loop {
        let now = health.borrow_and_update().clone();
        match now {
            DataHealth::Good if is_refusing => {
                is_refusing = false;
                shell.note("the data folder can be written again");
            }
            DataHealth::Refusing(why) if !is_refusing => {
                is_refusing = true;
                shell.note(format_args!(
                    "the data folder cannot be written, writes are refused: {why}"
                ));
            }
            DataHealth::Broken(why) => return why,
            DataHealth::Good | DataHealth::Refusing(_) => {}
        }
        if health.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

fn no_data(error: DataError) -> Failure {
    let hint = match &error {
        DataError::Locked { .. } => "stop the other sandbox, or choose another folder with --data",
        DataError::Io { .. } => "choose a folder that you can write to with --data",
        DataError::Damaged { .. } => "restore the folder from a copy, or begin with an empty one",
    };
    Failure::new("failed to open the data folder")
        .because(error)
        .hint(hint)
}
