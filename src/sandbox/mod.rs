//! The embedded Kubernetes API server: a store and the API, as a service first and a socket second.

pub mod admit;
mod cause;
mod chance;
pub mod convert;
pub mod crd;
pub mod data;
mod decode;
pub mod discovery;
pub mod error;
mod form;
mod fresh;
mod gc;
mod http;
mod identity;
pub mod openapi;
pub mod protobuf;
pub mod registry;
pub mod review;
mod selection;
mod serve;
mod server;
pub mod store;
mod strategy;
pub mod table;
mod watch;
pub mod write;

pub use identity::{CONTEXT, Identity};
pub use serve::{ServeError, ServeOptions, Served, serve};
pub use server::{Sandbox, SandboxOptions};
