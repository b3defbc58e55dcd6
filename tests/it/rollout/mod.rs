//! Rollouts by the real controllers on the embedded server, on a stopped clock, with metrics that a test decides.

mod acceptance;
mod basic;
pub mod metrics;
pub mod stage;
