//! From a reading to a phase.

use jiff::Timestamp;

use super::{
    check::check,
    eval::eval,
    function::Env,
    parse::parse,
    value::{Type, Value},
};
use crate::api::analysis::Phase;

/// What a provider read.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The samples of a vector, or of a matrix one after another.
    Samples(Vec<f64>),
    /// One number.
    Scalar(f64),
}

/// Judges a reading by the conditions of its metric.
///
/// # Errors
/// The text that the measurement shows.
pub fn judge(
    reading: &Reading,
    success: &str,
    failure: &str,
    now: Timestamp,
) -> Result<Phase, String> {
    let holds = |name: &str, condition: &str| {
        if condition.is_empty() {
            return Ok(None);
        }
        holds(reading, condition, now).map(Some).map_err(|error| {
            let error = if matches!(reading, Reading::Samples(samples) if samples.is_empty()) {
                "metric result is nil or empty: no data returned from the metric provider"
            } else {
                &error
            };
            format!("could not evaluate {name} \"{condition}\": {error}")
        })
    };
    let succeeded = holds("successCondition", success)?;
    let failed = holds("failureCondition", failure)?;
    Ok(match (succeeded, failed) {
        (_, Some(true)) | (Some(false), None) => Phase::Failed,
        (Some(true), _) | (None, Some(false) | None) => Phase::Successful,
        (Some(false), Some(false)) => Phase::Inconclusive,
    })
}

fn holds(reading: &Reading, condition: &str, now: Timestamp) -> Result<bool, String> {
    let result = match reading {
        Reading::Samples(samples) => {
            let items = samples.iter().copied().map(Value::Float).collect();
            Value::List(items, Box::new(Type::Float))
        }
        Reading::Scalar(number) => Value::Float(*number),
    };
    truth_of(condition, result, now)
}

/// Whether a condition holds for what a provider gave.
///
/// # Errors
/// The condition is wrong, cannot be evaluated, or is no condition.
pub fn truth_of(condition: &str, result: Value, now: Timestamp) -> Result<bool, String> {
    let env = Env {
        now,
        names: vec![("result".to_owned(), result.clone())],
        result: Some(result),
    };
    let (value, kind) = evaluate(condition, &env)?;
    match (value, kind) {
        (Value::Bool(holds), _) => Ok(holds),
        (_, Type::Int64) => Err("expected bool, but got int64".to_owned()),
        (other, _) => Err(format!("expected bool, but got {}", other.printed_kind())),
    }
}

/// The instant that an expression such as `now() - duration("1h")` means.
///
/// # Errors
/// The text that the measurement shows.
pub fn instant(expression: &str, now: Timestamp) -> Result<Timestamp, String> {
    let env = Env {
        now,
        names: Vec::new(),
        result: None,
    };
    match evaluate(expression, &env)?.0 {
        Value::Time(at) => Ok(at),
        other => Err(format!(
            "expected time.Time, but got {}",
            other.printed_kind()
        )),
    }
}

fn evaluate(expression: &str, env: &Env) -> Result<(Value, Type), String> {
    let node = parse(expression)?;
    let kinds: Vec<(String, Type)> = env
        .names
        .iter()
        .map(|(name, value)| (name.clone(), value.kind()))
        .collect();
    let kind = check(&node, &kinds)?;
    Ok((eval(&node, env)?, kind))
}
