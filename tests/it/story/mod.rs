//! One file per user story, against the embedded server in process.

mod daemon_set;
mod deployment;
mod drift;
mod early_stop;
mod eviction;
mod failing_server;
mod git_to_cluster;
mod gitops;
mod image_aborted;
mod image_promoted;
mod job;
mod leak;
mod prune_guards;
mod restart;
mod rollout_deleted;
mod rollout_invalid;
mod rollout_paused;
mod rollout_zero_replicas;
mod seal_and_open;
mod sealing_keys;
mod service;
mod stateful_set;
mod world;
mod wrong_scope;
