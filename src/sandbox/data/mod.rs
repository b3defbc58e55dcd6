//! Objects in a folder: an append-only log that is on disk before a write is acknowledged, and a
//! snapshot that takes its place from time to time. With the identity of the server and a lock.
//!
//! ```text
//! DIR/lock       held while a server runs on the folder
//! DIR/snapshot   all objects at one version
//! DIR/log        every transaction since, a line each
//! DIR/identity   certificates, token and port, so that a kubeconfig stays good
//! ```

mod error;
mod folder;
mod journal;
mod line;
mod log;

pub use error::DataError;
pub use folder::{DataFolder, KeptIdentity};
pub use journal::DataHealth;
pub(super) use journal::Journal;
#[cfg(test)]
pub(super) use log::Medium;
