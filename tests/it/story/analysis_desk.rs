//! `waxwing analysis run` against a Prometheus on loopback.

use std::{path::PathBuf, process::Output};

use axum::{Json, Router, extract::Form, routing::post};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Query {
    query: String,
}

/// Answers a query with the number that it is.
async fn answer(Form(asked): Form<Query>) -> Json<Value> {
    let result = json!([{"metric": {}, "value": [0, asked.query]}]);
    Json(json!({"status": "success", "data": {"resultType": "vector", "result": result}}))
}

/// The address of a server that lives as long as the test.
fn served() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let router = Router::new().route("/api/v1/query", post(answer));
            axum::serve(listener, router).await.unwrap();
        });
    });
    format!("http://{address}")
}

struct Desk {
    folder: tempfile::TempDir,
    address: String,
}

impl Desk {
    fn new(template: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("template.yaml"), template).unwrap();
        Self {
            folder,
            address: served(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("template.yaml")
    }

    fn run(&self, more: &[&str]) -> Output {
        std::process::Command::new(env!("CARGO_BIN_EXE_waxwing"))
            .args(["analysis", "run"])
            .arg(self.file())
            .args(["--prometheus", &self.address])
            .args(more)
            .env_clear()
            .output()
            .unwrap()
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const TEMPLATE: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  args: [{name: rate}]
  templates: [{templateName: inner}]
  metrics:
  - name: error-rate
    interval: 30s
    failureLimit: 3
    successCondition: result[0] <= 0.25
    provider: {prometheus: {address: "http://nowhere.svc", query: "{{args.rate}}"}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: inner}
spec:
  metrics:
  - name: one
    successCondition: result[0] == 1
    provider: {prometheus: {query: "1"}}
"#;

#[test]
fn a_template_is_tried_from_a_file() {
    let desk = Desk::new(TEMPLATE);
    let good = desk.run(&["--arg", "rate=0.1"]);
    assert_eq!(text(&good.stderr), "");
    assert_eq!(
        text(&good.stdout),
        "error-rate  Successful  [0.1]\none  Successful  [1]\nSuccessful\n"
    );
    assert_eq!(good.status.code(), Some(0));
    let bad = desk.run(&["--arg", "rate=0.5", "-o", "json"]);
    assert_eq!(bad.status.code(), Some(1), "{}", text(&bad.stderr));
    let run: Value = serde_json::from_slice(&bad.stdout).unwrap();
    let first = run.pointer("/status/metricResults/0/measurements/0/phase");
    assert_eq!(first, Some(&json!("Failed")));
    let nonsense = desk.run(&["--arg", "rate=x"]);
    assert_eq!(nonsense.status.code(), Some(2));
    assert!(text(&nonsense.stdout).contains("strconv.ParseFloat: parsing \"x\": invalid syntax"));
}

#[test]
fn what_cannot_be_tried_says_why() {
    let desk = Desk::new(TEMPLATE);
    let unresolved = desk.run(&[]);
    assert_eq!(unresolved.status.code(), Some(2));
    let said = text(&unresolved.stderr);
    assert!(said.contains("args.rate was not resolved"), "{said}");
    assert!(said.contains("--arg rate=VALUE"), "{said}");
    let empty = Desk::new("kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n");
    let said = empty.run(&[]);
    assert_eq!(said.status.code(), Some(2));
    assert!(text(&said.stderr).contains("has no AnalysisTemplate"));
}
