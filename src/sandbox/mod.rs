//! The embedded Kubernetes API server.

pub mod crd;
pub mod registry;
pub mod table;
