//! `waxwing key`: the sealing keys of a cluster.

mod backup;
mod change;
pub(super) mod cluster_keys;
mod command;
mod list;
mod new;
mod restore;
mod show;
pub(super) mod unlock;
mod usage;

pub use command::{Args, Settings, run};
