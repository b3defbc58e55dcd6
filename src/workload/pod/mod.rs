//! Pod: what a scheduler with one node and its kubelet would do, containers being only pretended.

mod behaviour;
mod container;
mod decide;
mod environment;
mod reading;
mod start;
mod status;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

pub use behaviour::{Behaviour, CRASH_AFTER, EXIT_AFTER, READY_AFTER, STOP_AFTER};
pub use decide::{Node, Snapshot, decide, needs};
pub use environment::{Sources, source_gvk};
pub use reading::{Reading, SourceKey, Version};
