//! `waxwing app`: the Applications of a cluster.

mod change;
mod command;
mod connect;
mod diff;
mod get;
mod history;
mod lines;
mod list;
mod look;
mod manifests;
mod sync;
mod wait;

pub use command::{Args, Settings, run};
pub use diff::Args as DiffArgs;
pub use sync::Args as SyncArgs;
