//! `waxwing sandbox`: a small Kubernetes API server on this machine.

use std::path::PathBuf;

use super::{Env, Exit, Failure, Shell};

/// Run a small Kubernetes API server on this machine.
///
/// It listens on the loopback address with TLS, and prints the path of a kubeconfig for it. Objects
/// are kept in memory, or in a folder given by --data.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  waxwing sandbox --port 6443 --kubeconfig sandbox.yaml\n  kubectl --kubeconfig sandbox.yaml get namespaces"
)]
pub struct Args {
    /// Port on the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Where to write the kubeconfig.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Keep the objects in this folder across restarts.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// What `waxwing sandbox` is to do.
#[derive(Debug)]
pub struct Settings {
    /// Port on the loopback address.
    pub port: u16,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// [`Failure`] names the flag that cannot be followed.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Ok(Settings { port: self.port })
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// The port is taken, or a file cannot be written.
pub fn run(_settings: Settings, _shell: &mut Shell) -> Result<Exit, Failure> {
    Err(Failure::new("the sandbox cannot be served yet"))
}
