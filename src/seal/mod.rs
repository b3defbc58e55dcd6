//! Sealing and unsealing: the only place that knows the ciphertext.

mod backup;
pub mod decide;
pub mod diagnose;
mod envelope;
mod item;
mod key;
mod key_ring;
mod key_state;
mod opens;
#[expect(
    clippy::module_inception,
    reason = "the verb of this module is to seal"
)]
mod seal;
mod unseal;
pub mod untouched;
mod usage;
mod x509;

pub use crate::api::scope::{Scope, ScopeError, label};
pub use backup::{BackupError, Lock, Opener, identities, is_locked, lock, recipients, unlock};
pub use item::{Binding, ItemError, OpenedItem};
pub use key::{KeyError, SealingKey};
pub use key_ring::{KeyRing, MAX_REMEMBERED};
pub use key_state::{KeyRecord, KeyState, StateError, changes, sealing};
pub use opens::opens;
pub use seal::{SealError, SealOptions, seal, seal_item};
pub use unseal::{
    DeprecatedData, ItemErrors, UnsealError, check, opened_secret, reseal, unseal_items,
};
pub use usage::uses;
pub use x509::Certificate;
