//! Rollouts and their analysis: what shall be done next, decided without doing it.

mod affinity;
mod analysis;
mod analysis_outcome;
pub mod analysis_run;
mod argument;
pub mod canary;
pub mod compose;
mod condition;
mod counts;
pub mod decide;
mod ephemeral;
mod expression;
mod fault;
pub mod hash;
mod history;
pub mod metric;
mod pass;
mod progress;
mod replica_set;
mod restart;
mod revision;
pub mod router;
pub mod run;
mod scale;
mod service;
mod status;
mod steps;
mod traffic;
mod workload;

pub use expression::{Reading, instant, judge};
pub use replica_set::{hash_of, is_made_from};
pub use workload::{target as workload_target, template as workload_template};
