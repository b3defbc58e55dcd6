//! The door to a cluster: the only user of the Kubernetes client.

mod access;
mod any;
mod client;
mod error;
mod event;
mod gate;
mod kinds;
mod patch;
mod pod;
mod service_proxy;
mod time;
mod watch;

pub use access::{Access, AccessError, Connection};
pub use any::{Kinds, PatchForm, Propagation, Resource, WriteOptions};
pub use client::{Cluster, Listed, Selector};
pub use error::ClusterError;
pub use gate::Gate;
pub use kinds::{Plural, plural};
pub use service_proxy::{ProxyError, ServiceProxy};
pub use watch::{Live, LiveEvent, LiveStore, MetadataEvent, Trace, TraceEvent, Watch};
