//! The door to a cluster: the only user of the Kubernetes client.

mod client;
mod error;
mod event;
mod kinds;
mod pod;
mod watch;

pub use client::{Cluster, Listed, Selector};
pub use error::ClusterError;
pub use kinds::{Plural, plural};
pub use watch::{Live, LiveEvent, LiveStore, Trace, TraceEvent, Watch};
