//! Delivers secrets as versions: what `version` decides, read from a cluster and applied to it.

mod deliver;
mod index;
mod observe;
mod pods;
mod readers;
mod triggers;

pub(super) use deliver::{Deliverer, Opening};
pub use index::Index;
pub(super) use observe::labelled;
