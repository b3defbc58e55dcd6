//! Which of several controllers works: the one that holds a Lease, as client-go's leader election has it.

mod decide;
mod election;
mod shards;

pub use decide::{Settings, SettingsError};
pub use election::{Election, Ended};
pub use shards::{MAX_SHARDS, Shards, Turn};
