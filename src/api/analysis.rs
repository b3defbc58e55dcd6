//! `AnalysisTemplate` and `AnalysisRun`: names, and metrics by type.
//!
//! Mirrors `pkg/apis/rollouts/v1alpha1/analysis_types.go`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rollout::{GROUP, VERSION};
use crate::object::Gvk;

/// The label that says what a run is for.
pub const TYPE_LABEL: &str = "rollout-type";
/// The label with the index of the step that a run belongs to.
pub const STEP_LABEL: &str = "step-index";
/// The type of runs beside the steps.
pub const TYPE_BACKGROUND: &str = "Background";
/// The type of runs of a step.
pub const TYPE_STEP: &str = "Step";
/// How many measurements of a metric are kept.
pub const DEFAULT_RETENTION: usize = 10;
/// How many errors on end a metric survives.
pub const DEFAULT_CONSECUTIVE_ERROR_LIMIT: i64 = 4;
/// Seconds after an error until the next measurement.
pub const ERROR_INTERVAL_SECONDS: f64 = 10.0;

/// The kind of runs.
pub fn run_gvk() -> Gvk {
    Gvk::new(GROUP, VERSION, "AnalysisRun")
}

/// The kind of recipes in a namespace.
pub fn template_gvk() -> Gvk {
    Gvk::new(GROUP, VERSION, "AnalysisTemplate")
}

/// The kind of recipes of the whole cluster.
pub fn cluster_template_gvk() -> Gvk {
    Gvk::new(GROUP, VERSION, "ClusterAnalysisTemplate")
}

/// Where a measurement, a metric or a run stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Phase {
    /// Not begun.
    Pending,
    /// Going on.
    Running,
    /// As wanted.
    Successful,
    /// Neither good nor bad.
    Inconclusive,
    /// Could not be told.
    Error,
    /// Not as wanted.
    Failed,
}

impl Phase {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Successful => "Successful",
            Self::Inconclusive => "Inconclusive",
            Self::Error => "Error",
            Self::Failed => "Failed",
        }
    }

    /// Reads the API's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Running,
            Self::Successful,
            Self::Inconclusive,
            Self::Error,
            Self::Failed,
        ]
        .into_iter()
        .find(|phase| phase.as_str() == text)
    }

    /// Whether nothing more comes.
    pub fn is_complete(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// The worse of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |phase| match phase {
            Self::Pending | Self::Running => 0,
            Self::Successful => 1,
            Self::Inconclusive => 2,
            Self::Error => 3,
            Self::Failed => 4,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

/// One thing that is measured.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Time between measurements.
    pub interval: Option<String>,
    /// Time before the first.
    pub initial_delay: Option<String>,
    /// How many measurements.
    pub count: Option<Value>,
    /// When a measurement is good.
    pub success_condition: String,
    /// When a measurement is bad.
    pub failure_condition: String,
    /// How many bad ones are borne.
    pub failure_limit: Option<Value>,
    /// How many undecided ones are borne.
    pub inconclusive_limit: Option<Value>,
    /// How many errors on end are borne.
    pub consecutive_error_limit: Option<Value>,
    /// How many good ones on end suffice.
    pub consecutive_success_limit: Option<Value>,
    /// Who measures: exactly one.
    pub provider: Map<String, Value>,
}

impl Metric {
    /// How many measurements are made; `None` is without end.
    pub fn effective_count(&self) -> Option<i64> {
        let count = whole(&self.count).filter(|count| *count != 0);
        match (count, self.interval()) {
            (Some(count), _) => Some(count),
            (None, None) => Some(1),
            (None, Some(_)) => None,
        }
    }

    /// The interval as written; an empty one is none.
    pub fn interval(&self) -> Option<&str> {
        self.interval.as_deref().filter(|text| !text.is_empty())
    }

    /// The time before the first measurement as written; an empty one is none.
    pub fn initial_delay(&self) -> Option<&str> {
        self.initial_delay
            .as_deref()
            .filter(|text| !text.is_empty())
    }
}

/// A limit as Go's `IntOrString` gives it: text that is no number is 0.
pub fn whole(limit: &Option<Value>) -> Option<i64> {
    let value = limit.as_ref().filter(|value| !value.is_null())?;
    Some(number(value).unwrap_or(0))
}

/// A whole number that may be written as text.
pub fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Reads a Go duration, such as `1m30s`, as seconds.
pub fn go_seconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !(letter.is_ascii_digit() || letter == '.'))?;
        let (digits, after) = rest.split_at_checked(end)?;
        let value: f64 = digits.parse().ok()?;
        let units = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("μs", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ];
        let (unit, factor) = units
            .into_iter()
            .find(|(unit, _)| after.starts_with(unit))?;
        seconds += value * factor;
        rest = after.strip_prefix(unit)?;
    }
    Some(sign * seconds)
}

/// As [`go_seconds`], with Go's words for what is wrong.
///
/// # Errors
/// The text of Go's `time.ParseDuration`.
pub fn go_duration(text: &str) -> Result<f64, String> {
    if let Some(seconds) = go_seconds(text) {
        return Ok(seconds);
    }
    let invalid = || format!("time: invalid duration {text:?}");
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    while !rest.is_empty() {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let after = rest.trim_start_matches(is_digit);
        if after.len() == rest.len() || after.starts_with('.') {
            return Err(invalid());
        }
        let end = after.find(is_digit).unwrap_or(after.len());
        let (unit, behind) = after.split_at_checked(end).unwrap_or((after, ""));
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        if !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return Err(format!("time: unknown unit {unit:?} in duration {text:?}"));
        }
        rest = behind;
    }
    Err(invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_durations_are_told_in_gos_words() {
        for (text, words) in [
            ("", "time: invalid duration \"\""),
            ("s", "time: invalid duration \"s\""),
            ("30", "time: missing unit in duration \"30\""),
            ("3x", "time: unknown unit \"x\" in duration \"3x\""),
            ("1m3", "time: missing unit in duration \"1m3\""),
        ] {
            assert_eq!(go_duration(text), Err(words.to_owned()), "{text}");
        }
        assert_eq!(go_duration("-1m30s"), Ok(-90.0));
    }

    #[test]
    fn durations_are_gos() {
        for (text, seconds) in [
            ("30s", Some(30.0)),
            ("1m30s", Some(90.0)),
            ("1.5h", Some(5400.0)),
            ("250ms", Some(0.25)),
            ("0", Some(0.0)),
            ("30", None),
            ("", None),
            ("s", None),
            ("3x", None),
        ] {
            assert_eq!(go_seconds(text), seconds, "{text}");
        }
    }
}
