//! One file per user story, against the embedded server in process, or against a real control plane whose kubeconfig
//! `WAXWING_REAL_KUBECONFIG` names: each in namespaces of its own, with our workload code as the kubelet.

mod analysis;
mod analysis_desk;
mod analysis_heals;
mod daemon_set;
mod deployment;
mod drift;
mod early_stop;
mod error_rate_aborts;
mod eviction;
mod failing_server;
mod git_to_cluster;
mod gitops;
mod image_aborted;
mod image_promoted;
mod job;
mod leak;
mod pace;
mod plane;
mod prune_guards;
mod restart;
mod rollout_deleted;
mod rollout_invalid;
mod rollout_paused;
mod rollout_zero_replicas;
mod seal_and_open;
mod sealing_keys;
mod secret_promoted;
mod secret_stage;
mod server;
mod service;
mod simulation;
mod stateful_set;
mod translate;
mod world;
mod wrong_scope;
