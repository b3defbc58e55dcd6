//! One file per user story, against the embedded server in process.

mod deployment;
mod drift;
mod failing_server;
mod git_to_cluster;
mod gitops;
mod leak;
mod prune_guards;
mod restart;
mod seal_and_open;
mod sealing_keys;
mod service;
mod world;
mod wrong_scope;
