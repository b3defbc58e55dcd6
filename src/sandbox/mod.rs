//! The embedded Kubernetes API server: a store and the API, as a service first and a socket second.

pub mod admit;
mod chance;
pub mod crd;
pub mod error;
mod gc;
pub mod registry;
mod serve;
mod server;
pub mod store;
mod strategy;
pub mod write;

pub use serve::{ServeError, ServeOptions, Served, serve};
pub use server::{Sandbox, SandboxOptions};
