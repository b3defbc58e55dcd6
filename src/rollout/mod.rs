//! Rollouts and their analysis: what shall be done next, decided without doing it.

pub mod canary;
mod condition;
pub mod decide;
pub mod hash;
mod pass;
mod quantity;
mod replica_set;
mod revision;
pub mod router;
mod scale;
mod service;
mod status;
mod traffic;
