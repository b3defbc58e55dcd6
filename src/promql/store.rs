//! Series in memory: appended by a scrape, bounded in number and in age.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Labels, METRIC_NAME};

/// The most series that are kept.
pub const MAX_SERIES: usize = 50_000;
/// How long samples are kept where nobody says.
pub const DEFAULT_RETENTION: SignedDuration = SignedDuration::from_hours(1);

/// The bits of the value that marks the end of a series, as Prometheus' staleness markers have them.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// A value at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The value; a series that has ended has a special NaN.
    pub value: f64,
}

impl Sample {
    pub(super) fn is_stale(self) -> bool {
        self.value.to_bits() == STALE
    }
}

/// Why a sample was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The newest sample of the series is as new, or newer.
    #[error("out of order sample")]
    OutOfOrder,
    /// There are [`MAX_SERIES`] series already.
    #[error("more than {MAX_SERIES} series")]
    TooManySeries,
}

/// Series by name and labels.
#[derive(Debug)]
pub struct Store {
    metrics: BTreeMap<String, BTreeMap<Labels, Vec<Sample>>>,
    count: usize,
    retention: SignedDuration,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(DEFAULT_RETENTION)
    }
}

impl Store {
    /// An empty store that keeps samples for a while.
    pub fn new(retention: SignedDuration) -> Self {
        Self {
            metrics: BTreeMap::new(),
            count: 0,
            retention,
        }
    }

    /// Adds a sample to a series, and drops those of it that are older than the retention.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn append(&mut self, labels: &Labels, at: Timestamp, value: f64) -> Result<(), StoreError> {
        let sample = Sample {
            at: at.as_millisecond(),
            value,
        };
        let oldest = sample.at.saturating_sub(millis(self.retention));
        let series = self
            .metrics
            .entry(labels.get(METRIC_NAME).to_owned())
            .or_default();
        if !series.contains_key(labels) {
            if self.count >= MAX_SERIES {
                return Err(StoreError::TooManySeries);
            }
            self.count += 1;
        }
        let samples = series.entry(labels.clone()).or_default();
        if samples.last().is_some_and(|last| last.at >= sample.at) {
            return Err(StoreError::OutOfOrder);
        }
        samples.push(sample);
        // Half of them at a time, so that the cost of moving the rest is shared by all.
        let outdated = samples.partition_point(|sample| sample.at < oldest);
        if outdated * 2 > samples.len() {
            samples.drain(..outdated);
        }
        Ok(())
    }

    /// Marks a series as ended, as Prometheus does when a target shows it no more.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`]
    pub fn end(&mut self, labels: &Labels, at: Timestamp) -> Result<(), StoreError> {
        self.append(labels, at, f64::from_bits(STALE))
    }

    /// Drops series whose newest sample is older than the retention.
    pub fn trim(&mut self, now: Timestamp) {
        let oldest = now.as_millisecond().saturating_sub(millis(self.retention));
        for series in self.metrics.values_mut() {
            series.retain(|_, samples| samples.last().is_some_and(|last| last.at >= oldest));
        }
        self.metrics.retain(|_, series| !series.is_empty());
        self.count = self.metrics.values().map(BTreeMap::len).sum();
    }

    /// The values of a label, in order, each once.
    pub fn label_values(&self, label: &str) -> Vec<&str> {
        if label == METRIC_NAME {
            return self.metrics.keys().map(String::as_str).collect();
        }
        let mut values: Vec<&str> = self
            .all()
            .map(|(labels, _)| labels.get(label))
            .filter(|value| !value.is_empty())
            .collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no series.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&Labels, &Vec<Sample>)> {
        self.metrics.values().flatten()
    }

    pub(super) fn of_metric(&self, name: &str) -> impl Iterator<Item = (&Labels, &Vec<Sample>)> {
        self.metrics.get(name).into_iter().flatten()
    }
}

pub(super) fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
