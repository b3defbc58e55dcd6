//! Health: one file a kind, each from an object to a state and a sentence, as upstream has them.

mod analysis_run;
mod api_service;
mod cron_job;
mod custom_resource_definition;
mod daemon_set;
mod deployment;
#[expect(
    clippy::module_inception,
    reason = "the type of this module is health itself"
)]
mod health;
mod horizontal_pod_autoscaler;
mod ingress;
mod job;
mod persistent_volume_claim;
mod pod;
mod ready;
mod replica_set;
mod rollout;
mod sealed_secret;
mod service;
mod stateful_set;

pub use health::{Health, HealthStatus, of};
