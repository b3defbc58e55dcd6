//! Rollouts and their analysis: what shall be done next, decided without doing it.

pub mod canary;
pub mod compose;
mod condition;
pub mod decide;
mod expression;
pub mod hash;
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

pub use expression::{Reading, judge};
