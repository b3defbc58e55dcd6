//! Which keys open the items of a SealedSecret, as far as the ring remembers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::key_ring::KeyRing;
use crate::{
    api::{base64, certificate::Fingerprint},
    object::Object,
};

/// How many ciphertexts of a SealedSecret each key opens, and under `None` how many have not been opened; costs no RSA
/// operation.
pub fn uses(sealed: &Object, keys: &KeyRing) -> BTreeMap<Option<Fingerprint>, u32> {
    let items = sealed.at(&["spec", "encryptedData"]);
    let items = items.and_then(Value::as_object).into_iter().flatten();
    let items = items.map(|(_, value)| value);
    let whole = sealed
        .at(&["spec", "data"])
        .filter(|value| !value.is_null());
    let mut uses = BTreeMap::new();
    for text in items.chain(whole) {
        let item = text.as_str().and_then(|text| base64::decode(text).ok());
        let key = item.and_then(|item| keys.remembered(&item));
        *uses.entry(key).or_default() += 1;
    }
    uses
}
