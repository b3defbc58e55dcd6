//! The server behind a socket: loopback, TLS with a throwaway CA, a bearer token.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, Response, header::AUTHORIZATION},
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::{
    Sandbox,
    error::ApiError,
    http::{self, Closing},
    identity::{Identity, write_private},
};

/// How long a client may take to say hello.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long answers that are under way may take when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait when the machine has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How the server is put behind a socket.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the kubeconfig is written, mode 0600; absent: into a temporary folder that goes with the server.
    pub kubeconfig: Option<PathBuf>,
    /// Certificates and token of an earlier run; absent: new ones.
    pub identity: Option<Identity>,
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
    /// The certificates cannot be made.
    #[error("failed to make the certificates")]
    Certificate(#[from] rcgen::Error),
    /// The certificates cannot be used.
    #[error("failed to use the certificates")]
    Tls(#[from] rustls::Error),
    /// The certificates cannot be read.
    #[error("failed to read the certificates")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// The kubeconfig cannot be written.
    #[error("failed to write {}", path.display())]
    Kubeconfig {
        /// Where it was to be.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
}

/// A server behind a socket; it stops when this value is dropped or [`Served::stop`] is called.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    kubeconfig: PathBuf,
    identity: Identity,
    closing: watch::Sender<bool>,
    accepting: Option<tokio::task::JoinHandle<()>>,
    /// The folder of a kubeconfig that nobody asked for goes with the server.
    _folder: Option<TempDir>,
}

impl Served {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The kubeconfig that was written.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Certificates and token, to be kept for another run.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Ends open streams, answers what is being answered, and returns when all is done.
    pub async fn stop(mut self) {
        self.closing.send_replace(true);
        if let Some(accepting) = self.accepting.take() {
            // The task ends by itself; a panic in it has nothing to tell here.
            let _ = accepting.await;
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.closing.send_replace(true);
    }
}

/// Puts a sandbox behind a socket on 127.0.0.1.
///
/// # Errors
/// [`ServeError`] names the port or file in the way.
pub async fn serve(sandbox: Sandbox, options: ServeOptions) -> Result<Served, ServeError> {
    let identity = match options.identity {
        Some(identity) => identity,
        None => Identity::generate()?,
    };
    let tls = tls(&identity)?;
    let port = options.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|source| ServeError::Listen { port, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| ServeError::Listen { port, source })?;
    let (kubeconfig, folder) = place(options.kubeconfig)?;
    write_private(&kubeconfig, &identity.kubeconfig(address.port())).map_err(|source| {
        ServeError::Kubeconfig {
            path: kubeconfig.clone(),
            source,
        }
    })?;
    let closing = watch::Sender::new(false);
    let server = Server {
        tls,
        router: sandbox.service(),
        identity: Arc::new(identity.clone()),
        closing: closing.subscribe(),
    };
    let accepting = tokio::spawn(server.accept(listener));
    Ok(Served {
        address,
        kubeconfig,
        identity,
        closing,
        accepting: Some(accepting),
        _folder: folder,
    })
}

fn place(kubeconfig: Option<PathBuf>) -> Result<(PathBuf, Option<TempDir>), ServeError> {
    if let Some(path) = kubeconfig {
        return Ok((path, None));
    }
    let folder = tempfile::Builder::new()
        .prefix("waxwing-sandbox-")
        .tempdir()
        .map_err(|source| ServeError::Kubeconfig {
            path: std::env::temp_dir(),
            source,
        })?;
    Ok((folder.path().join("kubeconfig"), Some(folder)))
}

fn tls(identity: &Identity) -> Result<TlsAcceptor, ServeError> {
    let chain = vec![CertificateDer::from_pem_slice(
        identity.certificate_pem.as_bytes(),
    )?];
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[derive(Clone)]
struct Server {
    tls: TlsAcceptor,
    router: Router,
    identity: Arc<Identity>,
    closing: watch::Receiver<bool>,
}

impl Server {
    async fn accept(self, listener: TcpListener) {
        let mut closing = self.closing.clone();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(self.clone().connection(stream));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = closed(&mut closing) => break,
            }
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
            tracing::warn!("connections were cut when the server stopped");
        }
    }

    async fn connection(mut self, stream: TcpStream) {
        // Small answers must not wait for one another.
        let _ = stream.set_nodelay(true);
        let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, self.tls.accept(stream)).await
        else {
            return;
        };
        let server = self.clone();
        let service = service_fn(move |request| server.clone().answer(request));
        let builder = builder();
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        tokio::select! {
            result = connection.as_mut() => return log(result),
            () = closed(&mut self.closing) => {}
        }
        connection.as_mut().graceful_shutdown();
        log(connection.await);
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let authorization = request.headers().get(AUTHORIZATION);
        // A token that is given must be right, whatever is asked for.
        let is_open = authorization.is_none() && http::is_public(request.uri().path());
        if !is_open
            && !self
                .identity
                .accepts(authorization.map(|value| value.as_bytes()))
        {
            return Ok(http::error(&ApiError::unauthorized()));
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Closing(self.closing));
        self.router.oneshot(request).await
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder
}

/// Waits until the server closes; a sender that is gone has closed too.
pub(super) async fn closed(closing: &mut watch::Receiver<bool>) {
    drop(closing.wait_for(|is_closing| *is_closing).await);
}

fn log(result: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = result {
        // Clients go away as they like.
        tracing::debug!(%error, "a connection ended");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_who_sends_a_head_byte_by_byte_is_cut_off() {
        let (mut client, server) = tokio::io::duplex(1024);
        let service = service_fn(|_| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
        let builder = builder();
        let start = tokio::time::Instant::now();
        let trickle = async {
            for byte in b"GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaa" {
                if client.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        };
        let serving = builder.serve_connection(TokioIo::new(server), service);
        tokio::select! {
            _ = serving => {}
            () = trickle => panic!("it was listened to"),
        }
        assert!(start.elapsed() < HEAD_TIMEOUT * 2 + Duration::from_secs(6));
    }
}
