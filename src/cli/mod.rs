//! The faces: one file a command, each `Args` -> `resolve` -> `Settings` -> `run`.

mod command;
pub mod completion;
pub mod crd;
pub mod demo;
pub mod embedded;
mod failure;
pub mod kubeseal;
pub mod controller;
mod failure;
mod go_value;
mod log;
pub mod sandbox;
mod shell;

pub use command::{Command, run};
pub use failure::{Exit, Failure};
pub use shell::{Env, Shell};
