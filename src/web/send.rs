//! Sends request values, to the outside or to a router within the process.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{HeaderName, HeaderValue};
use tower::ServiceExt;

use super::{WebError, get::MAX_BODY_BYTES};
use crate::api::exchange::{Reply, Request};

/// Ends of host names that mean a Service of the cluster.
const INSIDE: &[&str] = &[".svc", ".svc.cluster.local", ".cluster.local"];

/// The door to the web. Cheap to clone; connections are kept for the next request.
///
/// Redirects are answers like any other and are not followed: a metrics server that sends us elsewhere would get
/// our credentials there.
#[derive(Clone)]
pub struct Web {
    strict: reqwest::Client,
    insecure: reqwest::Client,
    inside: Vec<Inside>,
}

/// A router that answers instead of the network.
#[derive(Clone)]
struct Inside {
    /// `None` for all hosts of the cluster.
    authority: Option<Arc<str>>,
    router: Router,
}

impl Web {
    /// A door that uses the proxies of the environment.
    ///
    /// # Errors
    /// [`WebError`] when TLS cannot be set up.
    pub fn new() -> Result<Self, WebError> {
        let client = |is_insecure: bool| {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .tls_danger_accept_invalid_certs(is_insecure)
                .build()
                .map_err(|error| WebError::of(&error, Duration::ZERO))
        };
        Ok(Self {
            strict: client(false)?,
            insecure: client(true)?,
            inside: Vec::new(),
        })
    }

    /// The same door, where a router answers for the Services of the cluster: hosts that end in `.svc`,
    /// `.svc.cluster.local` or `.cluster.local`. The `Host` header says which one is meant.
    #[must_use]
    pub fn with_inside(mut self, router: Router) -> Self {
        self.inside.push(Inside {
            authority: None,
            router,
        });
        self
    }

    /// The same door, where a router answers for one `host:port`, such as `prometheus.monitoring:9090`.
    #[must_use]
    pub fn with_inside_at(mut self, authority: &str, router: Router) -> Self {
        self.inside.push(Inside {
            authority: Some(authority.into()),
            router,
        });
        self
    }

    /// Sends a request and waits for the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`WebError`] when there is no answer in time, or it is larger than [`MAX_BODY_BYTES`].
    pub async fn send(&self, request: &Request) -> Result<Reply, WebError> {
        let url =
            reqwest::Url::parse(&request.url).map_err(|error| WebError::Url(error.to_string()))?;
        let authority = authority(&url);
        let inside = self.inside.iter().find(|inside| match &inside.authority {
            Some(wanted) => **wanted == authority,
            None => is_inside(url.host_str().unwrap_or_default()),
        });
        let exchange = async {
            match inside {
                Some(inside) => within(request, &url, &authority, inside.router.clone()).await,
                None => self.outside(request, url.clone()).await,
            }
        };
        tokio::time::timeout(request.timeout, exchange)
            .await
            .map_err(|_| WebError::TimedOut(request.timeout))?
    }

    async fn outside(&self, request: &Request, url: reqwest::Url) -> Result<Reply, WebError> {
        let client = if request.is_insecure {
            &self.insecure
        } else {
            &self.strict
        };
        let method = method(request)?;
        let mut sent = client.request(method, url);
        for (name, value) in headers(request)? {
            sent = sent.header(name, value);
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let failed = |error: reqwest::Error| WebError::of(&error, request.timeout);
        let mut answer = sent.send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let media_type = media_type(answer.headers());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(WebError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status,
            media_type,
            body,
        })
    }
}

async fn within(
    request: &Request,
    url: &reqwest::Url,
    authority: &str,
    router: Router,
) -> Result<Reply, WebError> {
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let mut call = http::Request::builder()
        .method(method(request)?)
        .uri(target)
        .header(http::header::HOST, authority);
    for (name, value) in headers(request)? {
        call = call.header(name, value);
    }
    let call = call
        .body(Body::from(request.body.clone().unwrap_or_default()))
        .map_err(|error| WebError::Url(error.to_string()))?;
    let Ok(answer) = router.oneshot(call).await;
    let status = answer.status().as_u16();
    let media_type = media_type(answer.headers());
    let body = axum::body::to_bytes(answer.into_body(), MAX_BODY_BYTES)
        .await
        .map_err(|_| WebError::TooLarge)?
        .to_vec();
    Ok(Reply {
        status,
        media_type,
        body,
    })
}

fn method(request: &Request) -> Result<http::Method, WebError> {
    http::Method::from_bytes(request.method.as_bytes())
        .map_err(|_| WebError::Url(format!("method {:?}", request.method)))
}

/// Headers as the client takes them; a value that cannot stand in one is named by its header only.
fn headers(request: &Request) -> Result<Vec<(HeaderName, HeaderValue)>, WebError> {
    let read = |(name, value): &(String, crate::secret::Hidden<String>)| {
        let wrong = || WebError::Header(name.clone());
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok((key, value))
    };
    request.headers.iter().map(read).collect()
}

fn media_type(headers: &http::HeaderMap) -> String {
    headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn authority(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn is_inside(host: &str) -> bool {
    INSIDE.iter().any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use axum::{extract::Request as Call, response::Redirect, routing::any};
    use tokio::net::TcpListener;

    use super::*;
    use crate::secret::Hidden;

    fn request(url: &str) -> Request {
        Request {
            method: "POST",
            url: url.to_owned(),
            headers: vec![(
                "authorization".to_owned(),
                Hidden::new("planted".to_owned()),
            )],
            body: Some(b"question".to_vec()),
            timeout: Duration::from_secs(5),
            is_insecure: false,
        }
    }

    fn router() -> Router {
        let echo = async |call: Call| {
            let host = call.headers().get("host").cloned();
            let target = call.uri().to_string();
            let body = axum::body::to_bytes(call.into_body(), 100).await.unwrap();
            let host = host.map_or(String::new(), |host| host.to_str().unwrap().to_owned());
            format!("{host} {target} {}", String::from_utf8_lossy(&body))
        };
        Router::new()
            .route("/echo", any(echo))
            .route(
                "/away",
                any(async || Redirect::temporary("http://elsewhere.svc/")),
            )
            .route("/large", any(async || vec![b'x'; MAX_BODY_BYTES + 1]))
            .route("/never", any(std::future::pending::<String>))
    }

    /// The same router, asked within the process and over a socket.
    async fn doors() -> [(Web, String); 2] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, router()).await });
        [
            (
                Web::new().unwrap().with_inside(router()),
                "http://prometheus.ns.svc:9090".to_owned(),
            ),
            (Web::new().unwrap(), format!("http://127.0.0.1:{port}")),
        ]
    }

    #[tokio::test]
    async fn requests_are_answered_within_and_without() {
        for (web, base) in doors().await {
            let authority = base.strip_prefix("http://").unwrap();
            let reply = web
                .send(&request(&format!("{base}/echo?a=b%20c")))
                .await
                .unwrap();
            assert_eq!(reply.status, 200);
            assert_eq!(
                String::from_utf8(reply.body).unwrap(),
                format!("{authority} /echo?a=b%20c question")
            );
            let away = web.send(&request(&format!("{base}/away"))).await.unwrap();
            assert_eq!(away.status, 307, "redirects are not followed");
            let large = web.send(&request(&format!("{base}/large"))).await;
            assert_eq!(large, Err(WebError::TooLarge));
            let mut never = request(&format!("{base}/never"));
            never.timeout = Duration::from_millis(20);
            let error = web.send(&never).await.unwrap_err();
            assert_eq!(error.to_string(), "no answer within 20ms");
        }
    }

    #[tokio::test]
    async fn errors_hold_neither_queries_nor_credentials() {
        let web = Web::new().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let refused = request(&format!("http://127.0.0.1:{port}/x?token=planted"));
        let mut header = request("http://h");
        header
            .headers
            .push(("x".to_owned(), Hidden::new("planted\n".to_owned())));
        for request in [
            refused,
            header,
            request("planted"),
            request("ftp://h/?planted"),
        ] {
            let error = web.send(&request).await.unwrap_err();
            assert!(!error.to_string().contains("planted"), "{error}");
        }
    }

    #[test]
    fn only_services_of_the_cluster_are_inside() {
        for (host, inside) in [
            ("prometheus.monitoring.svc", true),
            ("prometheus.monitoring.svc.cluster.local", true),
            ("x.cluster.local", true),
            ("prometheus.monitoring", false),
            ("example.svc.evil.com", false),
            ("svc", false),
        ] {
            assert_eq!(is_inside(host), inside, "{host}");
        }
    }
}
