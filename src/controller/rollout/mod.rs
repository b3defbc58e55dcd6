//! The loop of the Rollouts: reads, lets `rollout::decide` decide, and applies.

mod cache;
mod latest;
mod observe;
mod run;
mod versions;

pub use run::run;
