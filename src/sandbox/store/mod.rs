//! What the server keeps: objects under one growing version, and a bounded log of what changed. Pure.

mod event;
mod key;
mod log;
mod shelf;
#[expect(
    clippy::module_inception,
    reason = "the type of this module is the store itself"
)]
mod store;
mod stored;

pub use event::{Change, ChangeKind};
pub use key::{GroupResource, Key, Place};
pub use log::{Log, WINDOW_BYTES, WINDOW_EVENTS};
pub use shelf::Shelf;
pub use store::Store;
pub use stored::{Stored, prefixed, write_json};
