//! Rollouts and their analysis: what shall be done next, decided without doing it.

mod analysis_outcome;
pub mod analysis_run;
mod argument;
pub mod canary;
pub mod compose;
mod condition;
pub mod decide;
mod expression;
pub mod hash;
pub mod metric;
mod pass;
mod quantity;
mod replica_set;
mod revision;
pub mod router;
pub mod run;
mod scale;
mod service;
mod status;
mod traffic;

pub use expression::{Reading, instant, judge};
