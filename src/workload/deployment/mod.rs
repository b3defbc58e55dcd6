//! Deployment: a ReplicaSet for each template, and the way from one to the next.

mod decide;
mod progress;
#[cfg(test)]
mod properties;
mod replica_sets;
mod scale;
mod status;
mod strategy;
mod template;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

pub use decide::{DEPLOYMENT, Snapshot, decide, needs};
pub use strategy::scaled;
pub use template::{POD_TEMPLATE_HASH, new_name, pod_template_hash};
