//! Rollouts by the real controllers on the embedded server, on a stopped clock, with metrics that a test decides.

mod acceptance;
mod basic;
mod metrics;
mod rescaled;
mod stage;

pub use metrics::Answer;
pub use stage::{
    NAMESPACE, Stage, half_for_a_minute, rollout, rollout_ref, route_ref, service, service_ref,
    text,
};
