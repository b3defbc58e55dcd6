//! What a kubelet and the workload controllers would do, decided without doing it.
//!
//! A file (or folder) a kind; each reads a snapshot and gives a plan, and the same moment after that plan gives none.

pub mod adopt;
mod condition;
pub mod daemon_set;
pub mod deployment;
pub mod disruption_budget;
pub mod field;
pub mod job;
mod member;
mod name;
pub mod pod;
pub mod replica_set;
mod revision;
pub mod scheduling;
pub mod service;
pub mod stateful_set;
pub mod volume_claim;
#[cfg(test)]
mod world;
