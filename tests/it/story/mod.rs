//! One file per user story, against the embedded server in process.

mod analysis;
mod analysis_desk;
mod daemon_set;
mod deployment;
mod drift;
mod early_stop;
mod eviction;
mod failing_server;
mod git_to_cluster;
mod gitops;
mod job;
mod leak;
mod prune_guards;
mod restart;
mod rollout;
mod seal_and_open;
mod sealing_keys;
mod service;
mod stateful_set;
mod world;
mod wrong_scope;
