//! Puts a router behind a socket: a bounded number of connections, each with its peer known and its time limited.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};

use super::{guests::Guests, limiter::network, run::stopped};

/// How many connections are open at most; further ones wait in the system's queue.
const MAX_CONNECTIONS: usize = 4096;

/// How many of them one peer may have; further ones of it are closed, so that the others find a place.
const MAX_OF_PEER: usize = 1024;

/// How many requests of one HTTP/2 connection are answered at once.
const MAX_STREAMS: u32 = 16;

/// The most bytes of the head of an HTTP/2 request.
const MAX_HEADERS: u32 = 16 * 1024;

/// The most bytes that are kept of a request's head, and of an answer on its way.
const MAX_BUFFER: usize = 16 * 1024;

/// How long open requests may take to end once we are told to stop.
const LAST_ORDERS: Duration = Duration::from_secs(5);

/// How long to wait after a connection could not be accepted, for the lack of something.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` holds true or its sender is gone, then lets open requests end.
///
/// `timeout` is how long the head of a request may take to arrive.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    timeout: Duration,
    stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let guests = Guests::default();
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = stopped(stop.clone()) => break,
        };
        while open.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer, place)) => {
                let Some(guest) = guests.admit(network(peer.ip()), MAX_OF_PEER) else {
                    tracing::debug!(%peer, "has too many connections");
                    continue;
                };
                let (router, stop) = (router.clone(), stop.clone());
                open.spawn(async move {
                    connection(stream, peer, router, timeout, stop).await;
                    drop((place, guest));
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    let ended = tokio::time::timeout(LAST_ORDERS, open.join_all()).await;
    if ended.is_err() {
        tracing::warn!("open requests were cut off");
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, Place)> {
    let place = places.clone().acquire_owned().await;
    // The semaphore is never closed.
    let place = place.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    timeout: Duration,
    stop: watch::Receiver<bool>,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(timeout)
        .max_buf_size(MAX_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(timeout)
        .max_header_list_size(MAX_HEADERS);
    let service = TowerToHyperService::new(router.layer(Extension(ConnectInfo(peer))));
    let served = builder.serve_connection(TokioIo::new(stream), service);
    let mut served = std::pin::pin!(served);
    let outcome = tokio::select! {
        outcome = served.as_mut() => outcome,
        () = stopped(stop) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, error, "a connection broke off");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn peer(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
        peer.ip().to_string()
    }

    #[tokio::test]
    async fn answers_with_the_peer_known_and_ends_when_told() {
        #[expect(clippy::disallowed_methods, reason = "the test opens a socket")]
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(peer));
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn(listen(listener, router, Duration::from_millis(50), stopped));
        let mut asking = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        asking.write_all(request).await.unwrap();
        let mut answer = String::new();
        asking.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"));
        // One who sends no head is cut off.
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
        let mut answer = Vec::new();
        let _ = slow.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
        stop.send(true).unwrap();
        work.await.unwrap();
    }
}
