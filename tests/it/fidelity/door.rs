//! The way to a server: the embedded one in this process, or a real one.

use std::{collections::BTreeMap, time::Duration};

use axum::body::Body;
use futures::StreamExt;
use http::{Request, Response};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;
use waxwing::{
    api::base64,
    object::yaml::{self, ReadOptions},
    sandbox::{Sandbox, SandboxOptions},
};

use super::{answer::Answer, case::Step};

/// How long a watch may wait for its events, and `until` for its code.
const PATIENCE: Duration = Duration::from_secs(40);
/// The pause between two requests of `until`.
const PAUSE: Duration = Duration::from_millis(100);

/// A server.
#[derive(Clone)]
pub struct Door(Client);

impl Door {
    /// A fresh embedded server.
    pub fn embedded() -> Self {
        let sandbox = Sandbox::new(SandboxOptions::default());
        Self(Client::new(sandbox.service(), "default"))
    }

    /// The control plane that a kubeconfig names.
    pub async fn real(kubeconfig: &str) -> Self {
        let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .unwrap();
        // A 503 is an answer as any other.
        config.default_retry = false;
        Self(Client::try_from(config).unwrap())
    }

    /// Sends a request whose placeholders are filled in.
    pub async fn send(&self, step: &Step, words: &BTreeMap<String, String>) -> Answer {
        let ask = async {
            loop {
                let answer = self.send_once(step, words).await;
                match step.until {
                    Some(code) if u64::from(answer.code) != code => tokio::time::sleep(PAUSE).await,
                    _ => return answer,
                }
            }
        };
        tokio::time::timeout(PATIENCE, ask)
            .await
            .unwrap_or_else(|_| panic!("{} {} never became as awaited", step.method, step.path))
    }

    async fn send_once(&self, step: &Step, words: &BTreeMap<String, String>) -> Answer {
        let path = filled(&step.path, words);
        let mut request = Request::builder().method(step.method.as_str()).uri(&path);
        for (name, value) in &step.headers {
            request = request.header(name, value);
        }
        let body = match (&step.body, &step.bytes) {
            (_, Some(bytes)) => base64::decode(bytes).unwrap(),
            (Some(Value::String(text)), _) => filled(text, words).into_bytes(),
            (Some(value), _) => filled(&value.to_string(), words).into_bytes(),
            (None, None) => Vec::new(),
        };
        let request = request.body(kube::client::Body::from(body)).unwrap();
        let response = self.0.send(request).await.unwrap();
        read(response.map(Body::new), step.events).await
    }
}

/// A text with its placeholders filled in, the longest first.
fn filled(text: &str, words: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, value) in words.iter().rev() {
        text = text.replace(&format!("${name}"), value);
    }
    text
}

async fn read(response: Response<Body>, events: Option<usize>) -> Answer {
    let header = |name: &str| {
        response
            .headers()
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let content_type = header("content-type").join(", ");
    let warnings = header("warning");
    let code = response.status().as_u16();
    let wanted = events.filter(|_| code == 200);
    let bytes = bytes(response.into_body(), wanted).await;
    let body = match wanted {
        Some(_) => Value::Array(lines(&bytes).collect()),
        None => value(&content_type, &bytes),
    };
    Answer {
        code,
        content_type,
        warnings,
        body,
    }
}

/// The body, or as much of it as has the wanted number of lines.
async fn bytes(body: Body, wanted: Option<usize>) -> Vec<u8> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let search = async {
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.unwrap());
            if wanted.is_some_and(|wanted| wanted > 0 && lines(&bytes).count() >= wanted) {
                return;
            }
        }
    };
    // A watch that never has its events is compared with those it had.
    drop(tokio::time::timeout(PATIENCE / 4, search).await);
    bytes
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Value> {
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .filter(|line| line.ends_with(b"\n"))
        .map(|line| value("application/json", line))
}

fn value(content_type: &str, bytes: &[u8]) -> Value {
    let text = || Value::String(String::from_utf8_lossy(bytes).into_owned());
    if content_type.starts_with("application/json") {
        serde_json::from_slice(bytes).unwrap_or_else(|_| text())
    } else if content_type.starts_with("application/yaml") {
        match yaml::read(bytes, &ReadOptions::default()) {
            Ok(mut documents) if documents.len() == 1 => documents.remove(0).value,
            _ => text(),
        }
    } else if content_type.contains("protobuf") {
        Value::String(format!("{} bytes of protobuf", bytes.len().min(1)))
    } else {
        text()
    }
}
