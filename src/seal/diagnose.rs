//! Why an item does not open, as far as that can be known from what is at hand.
//!
//! For the one who holds the private keys, or only the certificate, at the desk; a server never tells this much.

use std::collections::BTreeSet;

use super::{
    Scope,
    item::{Binding, ItemError},
    key_ring::KeyRing,
    x509::Certificate,
};
use crate::api::{
    base64::{self, Base64Error},
    certificate::Fingerprint,
    sealed_secret::layout::{LENGTH_BYTES, MIN_RSA_BITS, TAG_BYTES},
};

/// The most other places that are tried for one item: each costs a private operation a key.
pub const MAX_PLACES: usize = 256;

/// The longest RSA block that is taken for one, in bytes (RSA-16384).
const MAX_BLOCK_BYTES: usize = 2048;

/// Why an item does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no base64.
    #[error("damaged: {0}")]
    Base64(#[from] Base64Error),
    /// Nothing is there.
    #[error("damaged: it is empty")]
    Empty,
    /// It ends too early.
    #[error("damaged: cut short, {found} of at least {least} bytes are there")]
    Short {
        /// Bytes that are there.
        found: usize,
        /// Bytes that are needed at least.
        least: usize,
    },
    /// It begins as no ciphertext does.
    #[error("damaged: it does not begin as a ciphertext does")]
    Header,
    /// It was sealed for an RSA key of another length than those at hand.
    #[error("sealed for another key: one of {found} bits, at hand is {at_hand}")]
    OtherLength {
        /// Bits of the key that it was sealed for.
        found: usize,
        /// Those at hand, as a list.
        at_hand: String,
    },
    /// It cannot be for this certificate: its number is larger than the modulus.
    #[error("sealed for another key than that of the certificate")]
    OtherCertificate,
    /// A key at hand opens it elsewhere.
    #[error("sealed for {there}, here it is {here}")]
    OtherPlace {
        /// Where it opens.
        there: Binding,
        /// Where it stands.
        here: Binding,
    },
    /// None of the keys at hand opens it in any place that was tried.
    #[error("none of {keys} keys opens it here or in {tried} other places that were tried: {hint}")]
    Unknown {
        /// How many keys were tried.
        keys: usize,
        /// How many other places were tried.
        tried: usize,
        /// What remains possible.
        hint: &'static str,
    },
}

/// What remains when nothing that was tried fits.
const REMAINS: &str =
    "it was sealed for another key, under a name or namespace that was not tried, or is damaged";

/// What is wrong with the outside of an item, without any key: base64, lengths.
///
/// # Errors
/// The [`Fault`]; otherwise the bytes, and the length of the RSA block within.
pub fn outside(item: &str) -> Result<(Vec<u8>, usize), Fault> {
    let bytes = base64::decode(item)?;
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    let found = bytes.len();
    let Some((length, _)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(Fault::Short {
            found,
            least: LENGTH_BYTES + MIN_RSA_BITS / 8 + TAG_BYTES,
        });
    };
    let block = usize::from(u16::from_be_bytes(*length));
    if !(MIN_RSA_BITS / 8..=MAX_BLOCK_BYTES).contains(&block) {
        return Err(Fault::Header);
    }
    let least = LENGTH_BYTES + block + TAG_BYTES;
    if found < least {
        return Err(Fault::Short { found, least });
    }
    Ok((bytes, block))
}

/// What a certificate alone can tell of an item: whether it can be for its key at all.
///
/// # Errors
/// The [`Fault`] that is certain; an item without one may still not open.
pub fn with_certificate(item: &str, certificate: &Certificate) -> Result<(), Fault> {
    let (bytes, block) = outside(item)?;
    let bits = certificate.facts().bits;
    if block != bits.div_ceil(8) {
        return Err(Fault::OtherLength {
            found: block * 8,
            at_hand: bits.to_string(),
        });
    }
    let number = bytes.get(LENGTH_BYTES..LENGTH_BYTES + block);
    let modulus = &certificate.facts().modulus;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    // Numbers of one length compare as their bytes do.
    if number.is_some_and(|number| Some(number) >= modulus.get(zeros..)) {
        return Err(Fault::OtherCertificate);
    }
    Ok(())
}

/// Why an item does not open with the keys at hand. Tries it under the other scopes and under the names and namespaces
/// that are given, nearest first, [`MAX_PLACES`] at most. Costs private operations.
///
/// # Errors
/// The [`Fault`]; otherwise the key that opens it.
pub fn with_keys(
    item: &str,
    here: &Binding,
    keys: &KeyRing,
    others: &[(String, String)],
) -> Result<Fingerprint, Fault> {
    let (_, block) = outside(item)?;
    let lengths: BTreeSet<usize> = keys.keys().map(|(key, _)| key.bits()).collect();
    if !lengths.iter().any(|bits| bits.div_ceil(8) == block) {
        let mut at_hand: Vec<String> = lengths.iter().map(ToString::to_string).collect();
        if at_hand.is_empty() {
            at_hand.push("none".to_owned());
        }
        return Err(Fault::OtherLength {
            found: block * 8,
            at_hand: at_hand.join(", "),
        });
    }
    match here.open(item, keys) {
        Ok(opened) => return Ok(opened.key),
        Err(ItemError::Base64(error)) => return Err(error.into()),
        Err(ItemError::NoKey) => {}
    }
    let places = places(here, others);
    for there in &places {
        if there.open(item, keys).is_ok() {
            return Err(Fault::OtherPlace {
                there: there.clone(),
                here: here.clone(),
            });
        }
    }
    Err(Fault::Unknown {
        keys: keys.len(),
        tried: places.len(),
        hint: REMAINS,
    })
}

/// Other places, each label once: other scopes of the same name first, then names and namespaces that are given, then
/// each name in each namespace.
fn places(here: &Binding, others: &[(String, String)]) -> Vec<Binding> {
    let place = |scope, namespace: &str, name: &str| Binding {
        scope,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let own = (here.namespace.as_str(), here.name.as_str());
    let given: Vec<(&str, &str)> = others
        .iter()
        .map(|(namespace, name)| (namespace.as_str(), name.as_str()))
        .collect();
    let each_once = |part: fn(&(&str, &str)) -> String| -> BTreeSet<String> {
        std::iter::once(&own).chain(&given).map(part).collect()
    };
    let namespaces = each_once(|(namespace, _)| (*namespace).to_owned());
    let names = each_once(|(_, name)| (*name).to_owned());
    let mut all = vec![
        place(Scope::Strict, own.0, own.1),
        place(Scope::NamespaceWide, own.0, ""),
        place(Scope::ClusterWide, "", ""),
    ];
    all.extend(
        given
            .iter()
            .map(|(namespace, name)| place(Scope::Strict, namespace, name)),
    );
    all.extend(
        namespaces
            .iter()
            .map(|namespace| place(Scope::NamespaceWide, namespace, "")),
    );
    all.extend(names.iter().map(|name| place(Scope::Strict, own.0, name)));
    all.extend(
        namespaces
            .iter()
            .map(|namespace| place(Scope::Strict, namespace, own.1)),
    );
    for namespace in &namespaces {
        all.extend(
            names
                .iter()
                .map(|name| place(Scope::Strict, namespace, name)),
        );
    }
    let mut seen = BTreeSet::from([here.label()]);
    all.retain(|place| seen.insert(place.label()));
    all.truncate(MAX_PLACES);
    all
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::seal::SealingKey;

    const KEY: &str = include_str!("../../tests/vectors/kubeseal/keys/small.key");
    const CERTIFICATE: &str = include_str!("../../tests/vectors/kubeseal/keys/small.crt");
    const OTHER: &str = include_str!("../../tests/vectors/kubeseal/keys/primary.crt");

    fn ring() -> KeyRing {
        let mut ring = KeyRing::new();
        ring.insert(
            SealingKey::from_pem(KEY.as_bytes()).unwrap(),
            Timestamp::UNIX_EPOCH,
        );
        ring
    }

    fn certificate(pem: &str) -> Certificate {
        Certificate::from_pem(pem.as_bytes()).unwrap()
    }

    fn binding(scope: Scope, namespace: &str, name: &str) -> Binding {
        Binding {
            scope,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_moved_item_tells_where_it_belongs() {
        let here = binding(Scope::Strict, "shop", "db");
        let others = [
            ("shop".to_owned(), "cache".to_owned()),
            ("prod".to_owned(), "x".to_owned()),
        ];
        for (there, found) in [
            (binding(Scope::Strict, "shop", "cache"), true),
            (binding(Scope::NamespaceWide, "shop", ""), true),
            (binding(Scope::ClusterWide, "", ""), true),
            (binding(Scope::NamespaceWide, "prod", ""), true),
            (binding(Scope::Strict, "prod", "db"), true),
            (binding(Scope::Strict, "prod", "cache"), true),
            (binding(Scope::Strict, "nowhere", "db"), false),
        ] {
            let item = there.seal(b"v", &certificate(CERTIFICATE)).unwrap();
            let fault = with_keys(&item, &here, &ring(), &others).unwrap_err();
            if found {
                let here = here.clone();
                assert_eq!(fault, Fault::OtherPlace { there, here });
            } else {
                assert!(matches!(fault, Fault::Unknown { keys: 1, .. }), "{fault}");
            }
        }
        let item = here.seal(b"v", &certificate(CERTIFICATE)).unwrap();
        let key = ring().keys().next().unwrap().0.fingerprint();
        assert_eq!(with_keys(&item, &here, &ring(), &others), Ok(key));
    }

    #[test]
    fn damage_and_other_keys_are_told_without_the_private_half() {
        let here = binding(Scope::ClusterWide, "", "");
        let small = certificate(CERTIFICATE);
        let item = here.seal(b"v", &small).unwrap();
        let bytes = base64::decode(&item).unwrap();
        let cut = |length: usize| base64::encode(&bytes[..length]);
        assert_eq!(with_certificate(&item, &small), Ok(()));
        let table = [
            ("", "damaged: it is empty"),
            ("Ag*", "damaged: illegal base64 data at input byte 2"),
            (
                &cut(1),
                "damaged: cut short, 1 of at least 274 bytes are there",
            ),
            (
                &cut(200),
                "damaged: cut short, 200 of at least 274 bytes are there",
            ),
            (
                "aGVsbG8gd29ybGQ=",
                "damaged: it does not begin as a ciphertext does",
            ),
        ];
        for (text, wanted) in table {
            assert_eq!(outside(text).unwrap_err().to_string(), wanted);
        }
        assert_eq!(
            with_certificate(&item, &certificate(OTHER))
                .unwrap_err()
                .to_string(),
            "sealed for another key: one of 2048 bits, at hand is 4096"
        );
        let mut high = bytes.clone();
        high[2..258].fill(0xff);
        assert_eq!(
            with_certificate(&base64::encode(&high), &small),
            Err(Fault::OtherCertificate)
        );
    }

    #[test]
    fn the_number_of_places_is_bounded() {
        let here = binding(Scope::Strict, "a", "b");
        let others: Vec<_> = (0..100)
            .map(|n| (format!("ns{n}"), format!("n{n}")))
            .collect();
        assert_eq!(places(&here, &others).len(), MAX_PLACES);
    }
}
