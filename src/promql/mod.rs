//! A small evaluator of PromQL over series in memory, for the embedded cluster.
//!
//! Semantics are those of Prometheus 3: look-back of five minutes, left-open ranges, extrapolation of `rate` and
//! `increase`, counter resets, staleness. Native histograms and annotations are left out.

mod aggregate;
mod arithmetic;
mod binary;
mod error;
mod eval;
mod function;
mod labels;
mod matching;
mod number;
mod query;
mod render;
mod select;
mod store;
mod sum;
#[cfg(test)]
mod tests;
mod value;

pub use error::{ErrorType, QueryError};
pub use labels::{Labels, METRIC_NAME};
pub use query::{MAX_QUERY_BYTES, MAX_QUERY_OPERATORS, MAX_SAMPLES, MAX_STEPS, Query, Steps};
pub use render::{failure, success};
pub use store::{DEFAULT_RETENTION, MAX_SERIES, Sample, Store, StoreError};
pub use value::{Element, Line, Value};
