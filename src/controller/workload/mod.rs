//! Plays the workload controllers, a scheduler with one node, and its kubelet, on any cluster that lacks them.

mod affected;
mod cache;
mod gone;
mod key;
mod node;
mod observe;
mod observe_pod;
mod run;

pub use node::{NODE_ADDRESS, NODE_NAME};
pub use run::{Readings, Role, Workloads, run};
