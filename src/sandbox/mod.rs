//! The embedded Kubernetes API server.

pub mod crd;
pub mod discovery;
pub mod registry;
pub mod table;
