//! The sandbox's world: traffic by the weights of routes, and the figures that Traefik and kube-state-metrics would show.

mod account;
mod endpoint;
mod exposition;
mod picture;
mod rate;
mod route;
mod scene;
#[cfg(test)]
mod tests;
mod world;

pub use endpoint::Endpoint;
pub use exposition::{Exposed, Exposition};
pub use picture::{HISTORY_STEP, MAX_HISTORY, Moment, Picture, ServiceTraffic, VersionTraffic};
pub use rate::{MAX_REQUESTS, RATE, USUAL_RATE};
pub use route::{Backend, Provider, Route, routes};
pub use scene::Scene;
pub use world::{Options, World};
