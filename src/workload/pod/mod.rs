//! Pod: what a scheduler with one node and its kubelet would do, containers being only pretended.

mod application;
mod behaviour;
mod container;
mod decide;
mod environment;
mod reading;
mod start;
mod status;
mod surroundings;
#[cfg(test)]
mod tests;
mod values;
#[cfg(test)]
mod world;

pub use application::{Application, ERROR_SHARE, FAILS_BY, FAILS_WHEN, Failing, LATENCY};
pub use behaviour::{Behaviour, CRASH_AFTER, EXIT_AFTER, READY_AFTER, STOP_AFTER};
pub use decide::{Node, Snapshot, decide, needs};
pub use environment::{Sources, source_gvk};
pub use reading::{Reading, SourceKey, Version};
pub use surroundings::{DATABASE, Database, IMAGE, Image, Surroundings};
pub use values::{Environment, environment};
