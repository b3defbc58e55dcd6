//! The sandbox's world: traffic to the pods of a cluster, and a small Prometheus that has watched it.

mod api;
mod pods;
mod run;
mod state;

pub use run::{PROMETHEUS_NAMESPACE, PROMETHEUS_PORT, PROMETHEUS_SERVICE, Simulation, prometheus};
