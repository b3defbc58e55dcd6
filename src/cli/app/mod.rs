//! `waxwing app`: the Applications of a cluster.

mod command;
mod connect;
mod get;
mod list;
mod sync;
mod wait;

pub use command::{Args, Settings, run};
