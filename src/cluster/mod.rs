//! The door to a cluster: the only user of the Kubernetes client.

mod access;
mod service_proxy;

pub use access::{Access, AccessError, Connection};
pub use service_proxy::{ProxyError, ServiceProxy};
