//! A small server that speaks Git over HTTP: Git's own backend behind a router on loopback.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::{io::AsyncWriteExt, process::Command};

/// The server; it ends with the runtime of the test.
pub struct HttpServer {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Served {
    root: PathBuf,
    /// The `Authorization` that is asked for.
    wanted: Option<String>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl HttpServer {
    /// Serves the repositories below a folder.
    pub async fn start(root: &Path, wanted: Option<&str>) -> Self {
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let served = Served {
            root: root.to_owned(),
            wanted: wanted.map(str::to_owned),
            seen: seen.clone(),
        };
        let router = Router::new().fallback(answer).with_state(served);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The `Authorization` headers that were sent, empty where there was none.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(
    State(served): State<Served>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let given = text("authorization");
    served.seen.lock().unwrap().push(given.clone());
    if uri.path().starts_with("/moved/") {
        return (
            StatusCode::FOUND,
            [(header::LOCATION, "http://127.0.0.1:1/")],
        )
            .into_response();
    }
    if served.wanted.is_some_and(|wanted| wanted != given) {
        let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"git\"")];
        return (StatusCode::UNAUTHORIZED, ask).into_response();
    }
    let mut child = Command::new("git")
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_PROJECT_ROOT", &served.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("REQUEST_METHOD", method.as_str())
        .env("CONTENT_TYPE", text("content-type"))
        .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
        .env("GIT_PROTOCOL", text("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&body).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap().stdout;
    let end = output.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, rest) = output.split_at(end.unwrap_or(output.len()));
    let mut response = Response::builder();
    for line in String::from_utf8_lossy(head).lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        response = match name {
            "Status" => response.status(value.get(..3).unwrap()),
            name => response.header(name, value),
        };
    }
    let body = rest.get(4..).unwrap_or_default().to_vec();
    response.body(body.into()).unwrap()
}
