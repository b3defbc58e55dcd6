//! Tables: how the server shows objects to `kubectl get` (`pkg/printers/internalversion`).

mod cell;
mod column;
mod config_map;
mod cron_job;
mod custom;
mod daemon_set;
mod definition;
mod deployment;
mod disruption_budget;
mod endpoint_slice;
mod endpoints;
mod event;
mod ingress;
mod ingress_class;
mod job;
mod json_path;
mod lease;
mod namespace;
mod network_policy;
mod node;
mod pod;
mod pod_autoscaler;
mod priority_class;
mod replica_set;
mod resource_quota;
mod role_binding;
mod secret;
mod service;
mod service_account;
mod stateful_set;
mod storage_class;
#[expect(
    clippy::module_inception,
    reason = "the function of this module is the table itself"
)]
mod table;
mod volume;
mod volume_claim;

pub use cell::human_duration;
pub use json_path::JsonPath;
pub use table::{Include, Shown, TableOptions, table};

use column::Printer;

/// Kinds with columns of their own; all others show name and creation.
const ALL: &[&Printer] = &[
    &config_map::PRINTER,
    &cron_job::PRINTER,
    &daemon_set::PRINTER,
    &definition::PRINTER,
    &deployment::PRINTER,
    &disruption_budget::PRINTER,
    &endpoint_slice::PRINTER,
    &endpoints::PRINTER,
    &event::PRINTER,
    &ingress::PRINTER,
    &ingress_class::PRINTER,
    &job::PRINTER,
    &lease::PRINTER,
    &namespace::PRINTER,
    &network_policy::PRINTER,
    &node::PRINTER,
    &pod::PRINTER,
    &pod_autoscaler::PRINTER,
    &priority_class::PRINTER,
    &replica_set::PRINTER,
    &replica_set::CONTROLLER_PRINTER,
    &resource_quota::PRINTER,
    &role_binding::PRINTER,
    &role_binding::CLUSTER_PRINTER,
    &secret::PRINTER,
    &service::PRINTER,
    &service_account::PRINTER,
    &stateful_set::PRINTER,
    &storage_class::PRINTER,
    &volume::PRINTER,
    &volume_claim::PRINTER,
];
