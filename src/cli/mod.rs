//! The faces: one file a command, each `Args` -> `resolve` -> `Settings` -> `run`.

mod access;
pub mod analysis;
pub mod app;
mod attach;
pub mod build;
mod command;
pub mod completion;
pub mod controller;
pub mod controllers;
pub mod crd;
pub mod demo;
pub mod embedded;
mod failure;
mod go_value;
pub mod image;
pub mod kubeseal;
pub mod lint;
mod log;
pub mod rollout;
pub mod sandbox;
pub mod secret;
mod shelf;
mod shell;

pub use command::{Command, CommandLine, run};
pub use failure::{Exit, Failure};
pub use shell::{Env, Shell, block_on};
