//! Waxwing: seals secrets for Git, opens them in the cluster, applies Git, and rolls changes out as canaries.

pub mod api;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod controller;
pub mod kustomize;
pub mod lint;
pub mod object;
pub mod plan;
pub mod promql;
pub mod rollout;
pub mod sandbox;
pub mod seal;
pub mod secret;
pub mod simulation;
pub mod source;
pub mod sync;
pub mod template;
pub mod version;
pub mod web;
pub mod workload;
