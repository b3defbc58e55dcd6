//! The loop of the Rollouts: reads, lets `rollout::decide` decide, and applies.

mod observe;
mod run;

pub use run::run;
