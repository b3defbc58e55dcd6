//! `waxwing analysis run` against a Prometheus on loopback.

use std::{path::PathBuf, process::Output};

use axum::{Json, Router, extract::Form, routing::post};
use serde::Deserialize;
use serde_json::{Value, json};

/// How far the clock of one of the servers is ahead, in seconds.
const AHEAD: f64 = 86_400.0;

#[derive(Deserialize)]
struct Query {
    query: String,
    time: Option<f64>,
}

fn told(kind: &str, result: Value) -> Json<Value> {
    Json(json!({"status": "success", "data": {"resultType": kind, "result": result}}))
}

/// Answers a query with the number that it is, and `none` with nothing.
async fn answer(Form(asked): Form<Query>) -> Json<Value> {
    if asked.query == "none" {
        return told("vector", json!([]));
    }
    told("vector", json!([{"metric": {}, "value": [0, asked.query]}]))
}

/// The same of a server on a clock of its own, which has data of just now only.
async fn answer_ahead(Form(asked): Form<Query>) -> Json<Value> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = since.unwrap().as_secs_f64() + AHEAD;
    if asked.query == "time()" {
        return told("scalar", json!([now, now.to_string()]));
    }
    if asked.time.is_some_and(|time| (time - now).abs() > 60.0) {
        return told("vector", json!([]));
    }
    answer(Form(asked)).await
}

/// The address of a server that lives as long as the test.
fn served(router: Router) -> String {
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
        Self::asking(template, Router::new().route("/api/v1/query", post(answer)))
    }

    fn asking(template: &str, router: Router) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("template.yaml"), template).unwrap();
        Self {
            folder,
            address: served(router),
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
    let slip = desk.run(&["--arg", "rate=1", "--arg", "bogus=1"]);
    assert_eq!(slip.status.code(), Some(2));
    let said = text(&slip.stderr);
    assert!(
        said.contains("unknown argument \"bogus\"") && said.contains("the template has rate"),
        "{said}"
    );
    let empty = Desk::new("kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n");
    let said = empty.run(&[]);
    assert_eq!(said.status.code(), Some(2));
    assert!(text(&said.stderr).contains("has no AnalysisTemplate"));
}

#[test]
fn a_query_that_finds_nothing_says_that_there_is_no_data() {
    let desk = Desk::new(TEMPLATE);
    let nothing = desk.run(&["--arg", "rate=none"]);
    let said = text(&nothing.stdout);
    assert!(said.starts_with("error-rate  Error  no data: "), "{said}");
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn a_server_on_another_clock_is_asked_for_its_own_now() {
    let ahead = Router::new().route("/api/v1/query", post(answer_ahead));
    let desk = Desk::asking(TEMPLATE, ahead);
    let good = desk.run(&["--arg", "rate=0.1"]);
    assert_eq!(
        text(&good.stdout),
        "error-rate  Successful  [0.1]\none  Successful  [1]\nSuccessful\n",
        "{}",
        text(&good.stderr)
    );
}
