//! One file per user story, against the embedded server in process.

mod deployment;
mod drift;
mod failing_server;
mod leak;
mod restart;
mod rollout;
mod seal_and_open;
mod sealing_keys;
mod service;
mod world;
mod wrong_scope;
