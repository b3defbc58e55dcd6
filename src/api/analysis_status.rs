//! The status of an AnalysisRun (`pkg/apis/rollouts/v1alpha1/analysis_types.go`): what is zero is left out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::analysis::Phase;

/// The key of a metric's metadata with its query, arguments filled in.
pub const RESOLVED_QUERY: &str = "ResolvedPrometheusQuery";
/// The key of a metric's metadata that is `true` while no measurement has brought data: the provider answers, and
/// has nothing (no sample, or only NaN). It is our own; the original shows it as any other metadata.
pub const NO_DATA: &str = "AnalysisNoData";

/// Where a run stands.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunStatus {
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// One for each metric that was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metric_results: Vec<MetricResult>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Stamp>,
    /// How many metrics ended how.
    pub run_summary: Summary,
    /// The same for metrics that are only tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run_summary: Option<Summary>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Stamp>,
}

/// How many metrics ended how.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Summary {
    /// All of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: i64,
    /// As wanted.
    #[serde(skip_serializing_if = "is_zero")]
    pub successful: i64,
    /// Not as wanted.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: i64,
    /// Neither good nor bad.
    #[serde(skip_serializing_if = "is_zero")]
    pub inconclusive: i64,
    /// Not to be told.
    #[serde(skip_serializing_if = "is_zero")]
    pub error: i64,
}

/// How a metric came out so far.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricResult {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// The latest measurements, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measurements: Vec<Measurement>,
    /// Why it stands there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// How many measurements came out how.
    #[serde(flatten)]
    pub tally: Tally,
    /// Whether it is only tried.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// What its provider tells besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// How the measurements of a metric came out so far.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// Good ones, bad ones and undecided ones; errors are not among them.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: i64,
    /// Good ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub successful: i64,
    /// Bad ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: i64,
    /// Undecided ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub inconclusive: i64,
    /// Those that could not be made.
    #[serde(skip_serializing_if = "is_zero")]
    pub error: i64,
    /// Errors on end.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_error: i64,
    /// Good ones on end.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_success: i64,
}

/// One reading of a metric.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measurement {
    /// How it came out.
    pub phase: Phase,
    /// Why it could not be made.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Stamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Stamp>,
    /// What was read, as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What the provider tells besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// When it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_at: Option<Stamp>,
}

/// An instant in whole seconds, as Kubernetes writes it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Stamp(Timestamp);

impl Stamp {
    /// The second that an instant lies in.
    pub fn of(instant: Timestamp) -> Self {
        Self(Timestamp::from_second(instant.as_second()).unwrap_or(instant))
    }

    /// The instant.
    pub fn instant(self) -> Timestamp {
        self.0
    }

    /// So many seconds later.
    #[must_use]
    pub fn after(self, seconds: f64) -> Timestamp {
        jiff::SignedDuration::try_from_secs_f64(seconds)
            .ok()
            .and_then(|span| self.0.checked_add(span).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

impl MetricResult {
    /// The latest measurement.
    pub fn last(&self) -> Option<&Measurement> {
        self.measurements.last()
    }

    /// Whether the provider has answered, and never with data.
    pub fn saw_no_data(&self) -> bool {
        self.metadata
            .get(NO_DATA)
            .is_some_and(|flag| flag == "true")
    }
}

impl RunStatus {
    /// The result of a metric, if it was measured.
    pub fn result(&self, metric: &str) -> Option<&MetricResult> {
        self.metric_results
            .iter()
            .find(|result| result.name == metric)
    }

    /// The result of a metric, for writing.
    pub fn result_mut(&mut self, metric: &str) -> Option<&mut MetricResult> {
        self.metric_results
            .iter_mut()
            .find(|result| result.name == metric)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
