//! Sealing and unsealing: the only place that knows the ciphertext.

pub mod decide;
mod envelope;
mod key;
mod key_ring;
mod scope;
#[expect(
    clippy::module_inception,
    reason = "the verb of this module is to seal"
)]
mod seal;
mod unseal;
mod x509;

pub use key::{KeyError, SealingKey};
pub use key_ring::{KeyRing, MAX_REMEMBERED};
pub use scope::{Scope, ScopeError, label};
pub use seal::{SealError, SealOptions, seal, seal_item};
pub use unseal::{
    DeprecatedData, ItemErrors, UnsealError, check, opened_secret, reseal, unseal_items,
};
pub use x509::Certificate;
