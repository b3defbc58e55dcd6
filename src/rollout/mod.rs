//! Rollouts and their analysis: what shall be done next, decided without doing it.

pub mod canary;
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
pub use replica_set::{hash_of, is_made_from};
