//! From a metric to what is sent for it, and from the reply to a measurement.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::prometheus;
use crate::{
    api::{
        analysis::{Metric, Phase},
        analysis_status::RESOLVED_QUERY,
        exchange::{Call, Reply},
    },
    rollout::{Reading, judge},
    secret::{Hidden, without_password},
};

/// The longest message that a measurement keeps, in bytes: a server's error can be a page.
pub const MAX_MESSAGE_BYTES: usize = 1024;

/// What the operator has set for all metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The Prometheus of metrics that name none (`ARGO_ROLLOUTS_PROMETHEUS_ADDRESS`).
    pub prometheus_address: Option<String>,
}

/// A measurement before it has its times.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// How it came out.
    pub phase: Phase,
    /// What was read, as text.
    pub value: String,
    /// Why it could not be made.
    pub message: String,
    /// What the provider tells besides.
    pub metadata: BTreeMap<String, String>,
    /// Whether the provider has answered with data; `None` where it has not answered.
    pub has_data: Option<bool>,
}

/// What is to be sent to measure a metric, its arguments filled in.
///
/// # Errors
/// The text that the measurement shows.
pub fn call(metric: &Metric, settings: &Settings, now: Timestamp) -> Result<Call, String> {
    match own(metric) {
        Some(("prometheus", query)) => prometheus::request(query, settings, now),
        other => Err(unsupported(other)),
    }
}

/// What a provider tells of a metric before it measures.
pub fn metadata(metric: &Metric) -> BTreeMap<String, String> {
    let query = match own(metric) {
        Some(("prometheus", query)) => query.get("query").and_then(Value::as_str),
        _ => None,
    };
    query
        .filter(|query| !query.is_empty())
        .map(|query| (RESOLVED_QUERY.to_owned(), query.to_owned()))
        .into_iter()
        .collect()
}

/// Makes a measurement of what came back for [`call`].
pub fn measure(metric: &Metric, reply: &Result<Reply, String>, now: Timestamp) -> Measured {
    let mut measured = Measured {
        phase: Phase::Error,
        value: String::new(),
        message: String::new(),
        metadata: BTreeMap::new(),
        has_data: None,
    };
    let answer = match (reply, own(metric)) {
        (Err(error), _) => Err(error.clone()),
        (Ok(reply), Some(("prometheus", _))) => prometheus::read(reply),
        (Ok(_), other) => Err(unsupported(other)),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            measured.message = shortened(error);
            return measured;
        }
    };
    measured.has_data = Some(has_data(&answer.reading));
    match judge(
        &answer.reading,
        &metric.success_condition,
        &metric.failure_condition,
        now,
    ) {
        Ok(phase) => {
            measured.phase = phase;
            measured.value = answer.value;
            if !answer.warnings.is_empty() {
                let quoted: Vec<String> = answer
                    .warnings
                    .iter()
                    .map(|warning| format!("\"{warning}\""))
                    .collect();
                let warnings = shortened(quoted.join(", "));
                measured.metadata.insert("warnings".to_owned(), warnings);
            }
        }
        Err(error) => measured.message = shortened(error),
    }
    measured
}

/// The token that a reply brings.
///
/// # Errors
/// The text that the measurement shows.
pub fn token(reply: &Reply) -> Result<Hidden<String>, String> {
    prometheus::token(reply)
}

/// The text of a measurement whose request was not answered.
pub fn no_reply(method: &str, url: &str, error: &str) -> String {
    let verb = if method == "GET" { "Get" } else { "Post" };
    let place = url.split('?').next().unwrap_or_default();
    format!("{verb} {:?}: {error}", without_password(place))
}

/// The provider of a metric with its settings.
fn own(metric: &Metric) -> Option<(&str, &Value)> {
    let own = metric.provider.iter().find(|(_, own)| !own.is_null())?;
    Some((own.0.as_str(), own.1))
}

fn unsupported(own: Option<(&str, &Value)>) -> String {
    match own {
        Some(("plugin", plugins)) => {
            let name = plugins.as_object().and_then(|map| map.keys().next());
            let name = name.map_or("", String::as_str);
            format!("no valid provider in metric: plugin {name:?} cannot be run by this controller")
        }
        Some((name, _)) => {
            format!("no valid provider in metric: {name} cannot be asked by this controller")
        }
        None => "no valid provider in metric".to_owned(),
    }
}

fn has_data(reading: &Reading) -> bool {
    match reading {
        Reading::Samples(samples) => samples.iter().any(|sample| !sample.is_nan()),
        Reading::Scalar(number) => !number.is_nan(),
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_MESSAGE_BYTES {
        let end = text.floor_char_boundary(MAX_MESSAGE_BYTES);
        text.truncate(end);
        text.push('…');
    }
    text
}
