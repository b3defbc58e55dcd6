//! Whether a SealedSecret opens, and no more: for those who are told nothing else.

use super::{
    Scope,
    key_ring::KeyRing,
    label,
    unseal::{DeprecatedData, check},
};
use crate::api::{base64, sealed_secret::SealedSecret};

/// Whether all items open. Ends at the first that does not, so that what strangers send costs one search through the
/// ring at most; templates are not looked at.
pub fn opens(sealed: &SealedSecret, keys: &KeyRing, deprecated: DeprecatedData) -> bool {
    if sealed.spec.data.is_some() {
        return check(sealed, keys, deprecated).is_ok();
    }
    let metadata = &sealed.metadata;
    let label = label(Scope::of(metadata), metadata.namespace(), metadata.name());
    let mut hint = None;
    sealed.spec.encrypted_data.values().all(|text| {
        let item = base64::decode(text).ok();
        let opened = item.and_then(|item| keys.open(&item, &label, hint));
        hint = opened.as_ref().map(|opened| opened.key).or(hint);
        opened.is_some()
    })
}
