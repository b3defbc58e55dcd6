//! A metrics server that answers what a test says, by the query and the second.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;

/// What is answered to a query.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// One sample.
    Value(f64),
    /// No series.
    Empty,
    /// A division by no traffic.
    NoTraffic,
    /// The server is away.
    Down,
    /// Something that is no answer of Prometheus.
    Nonsense,
}

type Script = Box<dyn Fn(&str, i64) -> Answer + Send>;

/// The server; clones share the script.
#[derive(Clone)]
pub struct Metrics {
    script: Arc<Mutex<Script>>,
    second: Arc<Mutex<i64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            script: Arc::new(Mutex::new(Box::new(|_, _| Answer::Value(0.0)))),
            second: Arc::default(),
        }
    }
}

impl Metrics {
    /// Says what is answered from now on, by the query and the second of the story.
    pub fn script(&self, script: impl Fn(&str, i64) -> Answer + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// Says which second it is.
    pub fn tell(&self, second: i64) {
        *self.second.lock().unwrap() = second;
    }

    pub fn router(&self) -> Router {
        let path = "/api/v1/query";
        Router::new()
            .route(path, post(answer))
            .with_state(self.clone())
    }
}

async fn answer(
    State(metrics): State<Metrics>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let query = form.get("query").cloned().unwrap_or_default();
    let second = *metrics.second.lock().unwrap();
    let answer = (metrics.script.lock().unwrap())(&query, second);
    let sample = |value: String| json!([{"metric": {}, "value": [0, value]}]);
    let result = match answer {
        Answer::Value(number) => sample(number.to_string()),
        Answer::Empty => json!([]),
        Answer::NoTraffic => sample("NaN".to_owned()),
        Answer::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Answer::Nonsense => return "<html>sign in</html>".into_response(),
    };
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": result}});
    axum::Json(body).into_response()
}
