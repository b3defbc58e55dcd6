//! Who measures: a provider is a file here and a line in `provider.rs`.

mod check;
pub mod prometheus;
#[cfg(test)]
mod prometheus_tests;
mod provider;

pub use check::{check, matching};
pub use prometheus::{asking_time, time};
pub use provider::{Measured, Settings, call, measure, metadata, no_reply, token};
