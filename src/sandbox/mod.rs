//! The embedded Kubernetes API server: a store and the API, as a service first and a socket second.

pub mod crd;
pub mod registry;
mod serve;
mod server;

pub use serve::{ServeError, ServeOptions, Served, serve};
pub use server::{Sandbox, SandboxOptions};
