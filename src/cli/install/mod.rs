//! `waxwing install`: all that a cluster needs to run the controllers, for `kubectl apply -f -`.

mod apply;
mod command;
mod manifest;
mod rights;
mod workload;

pub use command::{Args, Settings, run};
pub use manifest::{Plan, manifests};
pub use rights::{Place, Right, rights};
