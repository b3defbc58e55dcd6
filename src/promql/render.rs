//! Answers as Prometheus' HTTP API writes them.

use std::fmt::Write as _;

use super::{Labels, QueryError, Value, number};

/// The body of a successful answer; `at` is the instant asked for, in milliseconds since the epoch.
pub fn success(value: &Value, at: i64) -> String {
    let (kind, result) = match value {
        Value::Scalar(number) => ("scalar", point(at, &number::value(*number))),
        Value::Text(text) => ("string", point(at, text)),
        Value::Vector(elements) => {
            let items = elements.iter().map(|element| {
                let value = point(at, &number::value(element.value));
                format!(
                    "{{\"metric\":{},\"value\":{value}}}",
                    metric(&element.labels)
                )
            });
            ("vector", list(items))
        }
        Value::Matrix(lines) => {
            let items = lines.iter().map(|line| {
                let values = line
                    .samples
                    .iter()
                    .map(|sample| point(sample.at, &number::value(sample.value)));
                format!(
                    "{{\"metric\":{},\"values\":{}}}",
                    metric(&line.labels),
                    list(values)
                )
            });
            ("matrix", list(items))
        }
    };
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":{result}}}}}")
}

/// The body of a failed answer.
pub fn failure(error: &QueryError) -> String {
    format!(
        "{{\"status\":\"error\",\"errorType\":\"{}\",\"error\":{}}}",
        error.kind.as_str(),
        text(&error.message)
    )
}

fn list(items: impl Iterator<Item = String>) -> String {
    let mut list = String::from("[");
    for (at, item) in items.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(list, "{comma}{item}");
    }
    list.push(']');
    list
}

fn point(at: i64, value: &str) -> String {
    format!("[{},{}]", number::instant(at), text(value))
}

fn metric(labels: &Labels) -> String {
    let mut object = String::from("{");
    for (at, (name, value)) in labels.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(object, "{comma}{}:{}", text(name), text(value));
    }
    object.push('}');
    object
}

fn text(plain: &str) -> String {
    serde_json::Value::from(plain).to_string()
}
