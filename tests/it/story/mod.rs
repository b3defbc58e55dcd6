//! One file per user story, against the embedded server in process, or against a real control plane whose kubeconfig
//! `WAXWING_REAL_KUBECONFIG` names: each in namespaces of its own, with our workload code as the kubelet.

mod daemon_set;
mod deployment;
mod drift;
mod early_stop;
mod eviction;
mod failing_server;
mod git_commands;
mod git_options;
mod git_scenario;
mod git_to_cluster;
mod git_webhook;
mod gitops;
mod job;
mod leak;
mod pace;
mod plane;
mod prune_guards;
mod restart;
mod rollout;
mod seal_and_open;
mod sealing_keys;
mod server;
mod service;
mod stateful_set;
mod translate;
mod world;
mod wrong_scope;
