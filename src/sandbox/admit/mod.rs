//! What the server adds to an object and what it demands of it: one file a kind, one line in [`ALL`].

mod config_map;
mod data;
pub mod definition;
mod event;
mod job;
mod lease;
mod metadata;
mod name;
pub mod namespace;
mod pod;
mod pod_spec;
mod resources;
mod rules;
mod schedule;
mod secret;
pub mod service;
mod set;
mod volume;
mod workload;

pub use rules::{
    Rules, fill, from_storage, prepare_create, prepare_update, to_storage, validate_create,
    validate_update,
};

/// The rules of kinds that have their own.
pub const ALL: &[Rules] = &[
    config_map::RULES,
    definition::RULES,
    event::RULES,
    job::CRON_JOB,
    job::JOB,
    lease::RULES,
    namespace::RULES,
    pod::RULES,
    secret::RULES,
    service::RULES,
    volume::CLAIM,
    volume::VOLUME,
    workload::DAEMON_SET,
    workload::DEPLOYMENT,
    workload::REPLICA_SET,
    workload::REPLICATION_CONTROLLER,
    workload::STATEFUL_SET,
];
