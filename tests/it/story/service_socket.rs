//! The service port, asked over a socket.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::body::{Body, Bytes};
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use jiff::Timestamp;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use waxwing::{
    clock::Clock,
    controller::{
        listen,
        metrics::Metrics,
        serve::{Handle, MAX_BODY, MAX_DRAINED, ServeSettings, router},
    },
    seal::{Certificate, SealingKey},
};

use super::world::{CERTIFICATE, KEY};

struct Port {
    address: SocketAddr,
    _stop: watch::Sender<bool>,
    _task: JoinHandle<()>,
}

#[expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]
async fn port() -> Port {
    let clock = Clock::stopped(Timestamp::UNIX_EPOCH);
    let settings = ServeSettings {
        rate_limit: 0,
        ..ServeSettings::default()
    };
    let handle = Handle::new(&clock, Metrics::default(), settings);
    let key = SealingKey::from_pem(KEY.as_bytes()).unwrap();
    let key = key.with_certificate(Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap());
    handle.keys.insert(key.unwrap(), Timestamp::UNIX_EPOCH);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let timeout = Duration::from_secs(5);
    let task = tokio::spawn(listen(listener, router(handle), timeout, stopped));
    Port {
        address,
        _stop: stop,
        _task: task,
    }
}

/// So many bytes, announced or in parts of unknown number.
fn body(bytes: usize, announced: bool) -> Body {
    if announced {
        return Body::from(vec![b' '; bytes]);
    }
    let part = 16 * 1024;
    let parts = std::iter::repeat_n(Bytes::from(vec![b' '; part]), bytes / part);
    Body::from_stream(futures::stream::iter(parts.map(Ok::<_, Infallible>)))
}

#[expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]
async fn code(port: &Port, http2: bool, path: &str, body: Body) -> u16 {
    let stream = TcpStream::connect(port.address).await.unwrap();
    let io = TokioIo::new(stream);
    let uri = format!("http://{}{path}", port.address);
    let request = Request::post(uri).header("host", "a").body(body).unwrap();
    let response = if http2 {
        let made = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
        let (mut sender, connection) = made.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await
    };
    response.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered_and_not_cut_off() {
    let port = port().await;
    for http2 in [false, true] {
        for announced in [false, true] {
            for (bytes, expected) in [
                (MAX_BODY / 2, 500),
                (MAX_BODY + 64 * 1024, 413),
                (4 * MAX_BODY, 413),
            ] {
                let found = code(&port, http2, "/v1/verify", body(bytes, announced)).await;
                let row = format!("HTTP/2 {http2}, announced {announced}, {bytes} bytes");
                assert_eq!(found, expected, "{row}");
            }
        }
    }
    const { assert!(MAX_DRAINED >= 4 * MAX_BODY) };
}

#[tokio::test]
async fn a_body_that_nobody_wants_does_not_cost_the_answer() {
    let port = port().await;
    for http2 in [false, true] {
        let found = code(&port, http2, "/v1/cert.pem", body(2 * MAX_BODY, true)).await;
        assert_eq!(found, 405, "HTTP/2 {http2}");
    }
}
