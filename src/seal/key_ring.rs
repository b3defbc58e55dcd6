//! All the keys that open secrets, newest first, with a memory of which key fits.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::key::SealingKey;
use crate::{
    api::{certificate::Fingerprint, sealed_secret::layout},
    secret::Hidden,
};

/// How many ciphertexts the ring remembers the fitting key of.
pub const MAX_REMEMBERED: usize = 65_536;

/// All the keys that open secrets. Opening costs one RSA operation when the key is remembered, and what did not open
/// costs none until the keys change.
#[derive(Debug, Default)]
pub struct KeyRing {
    /// Newest first.
    entries: Vec<Entry>,
    remembered: Mutex<HashMap<Digest32, Fingerprint>>,
    /// Ciphertexts, with their labels, that none of the keys of now opens.
    hopeless: Mutex<HashSet<Digest32>>,
    tries: AtomicU64,
}

type Digest32 = [u8; 32];

#[derive(Debug)]
struct Entry {
    key: Arc<SealingKey>,
    ordered_at: Timestamp,
    /// Whether it may be sealed for: staged and retired keys only open.
    seals: bool,
}

/// A value that was opened, and by which key.
pub(super) struct Opened {
    pub(super) plaintext: Hidden<Vec<u8>>,
    pub(super) key: Fingerprint,
}

impl KeyRing {
    /// A ring without keys: opens nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key at its place in time; a key with the same public half is replaced only by one that
    /// brings a certificate where there was none, or by a later ordering time. Says whether it was new.
    pub fn insert(&mut self, key: SealingKey, ordered_at: Timestamp) -> bool {
        self.insert_as(key, ordered_at, true)
    }

    /// As [`KeyRing::insert`], and says whether the key may be sealed for: staged and retired keys only open.
    pub fn insert_as(&mut self, key: SealingKey, ordered_at: Timestamp, seals: bool) -> bool {
        let known = self
            .entries
            .iter()
            .position(|entry| entry.key.fingerprint() == key.fingerprint());
        let mut ordered_at = ordered_at;
        let mut key = Arc::new(key);
        if let Some(at) = known {
            let old = self.entries.remove(at);
            ordered_at = ordered_at.max(old.ordered_at);
            if key.certificate().is_none() {
                key = old.key;
            }
        }
        // Strictly greater wins: of two with the same time the first seen stays in front.
        let at = self
            .entries
            .partition_point(|entry| entry.ordered_at >= ordered_at);
        let entry = Entry {
            key,
            ordered_at,
            seals,
        };
        self.entries.insert(at, entry);
        if known.is_none() {
            // The new key may open what none did.
            self.hopeless().clear();
        }
        known.is_none()
    }

    /// Lets a key be sealed for from now on, or not any more; it goes on to open.
    pub fn set_seals(&mut self, fingerprint: Fingerprint, seals: bool) {
        for entry in &mut self.entries {
            if entry.key.fingerprint() == fingerprint {
                entry.seals = seals;
            }
        }
    }

    /// Takes a key out; what it alone opened is refused from now on.
    pub fn remove(&mut self, fingerprint: Fingerprint) -> Option<Arc<SealingKey>> {
        let at = self
            .entries
            .iter()
            .position(|entry| entry.key.fingerprint() == fingerprint)?;
        Some(self.entries.remove(at).key)
    }

    /// The keys, newest first, with their ordering times.
    pub fn keys(&self) -> impl Iterator<Item = (&Arc<SealingKey>, Timestamp)> {
        self.entries
            .iter()
            .map(|entry| (&entry.key, entry.ordered_at))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The key that new secrets are sealed for: the newest that may be, with a certificate that is valid already.
    ///
    /// A certificate whose time has not come, or a key dated in the future, is passed over; when all are
    /// of the future, the one whose time comes first is taken, so that a slow clock does not stop sealing.
    pub fn current(&self, now: Timestamp) -> Option<&Arc<SealingKey>> {
        let begins = |entry: &Entry| {
            if !entry.seals {
                return None;
            }
            let facts = entry.key.certificate()?.facts();
            Some(facts.not_before.max(entry.ordered_at))
        };
        self.entries
            .iter()
            .find(|entry| begins(entry).is_some_and(|at| at <= now))
            .or_else(|| {
                self.entries
                    .iter()
                    .filter(|entry| begins(entry).is_some())
                    .min_by_key(|entry| begins(entry))
            })
            .map(|entry| &entry.key)
    }

    /// Opens one value. The key that opened this very ciphertext before is tried first, then the hinted
    /// one, then all from the newest; keys of another length are not tried. What did not open is not tried again with the
    /// same keys.
    pub(super) fn open(
        &self,
        item: &[u8],
        label: &[u8],
        hint: Option<Fingerprint>,
    ) -> Option<Opened> {
        let (block, _) = layout::split(item)?;
        let digest: Digest32 = Sha256::digest(block).into();
        let whole = whole(item, label);
        if self.hopeless().contains(&whole) {
            return None;
        }
        let first = self.memory().get(&digest).copied().or(hint);
        let fits = |entry: &&Entry| entry.key.block_bytes() == block.len();
        let is_first = |entry: &&Entry| Some(entry.key.fingerprint()) == first;
        let preferred = self.entries.iter().filter(is_first).filter(fits);
        let others = self
            .entries
            .iter()
            .filter(|entry| !is_first(entry))
            .filter(fits);
        let opened = preferred.chain(others).find_map(|entry| {
            self.tries.fetch_add(1, Ordering::Relaxed);
            let plaintext = entry.key.decrypt(item, label)?;
            let key = entry.key.fingerprint();
            self.remember(digest, key);
            Some(Opened { plaintext, key })
        });
        if opened.is_none() {
            let mut hopeless = self.hopeless();
            if hopeless.len() >= MAX_REMEMBERED {
                hopeless.clear();
            }
            hopeless.insert(whole);
        }
        opened
    }

    /// How many keys were tried on ciphertexts so far: what opening costs.
    pub fn tries(&self) -> u64 {
        self.tries.load(Ordering::Relaxed)
    }

    /// The key that opened this ciphertext before, if it is remembered.
    pub(super) fn remembered(&self, item: &[u8]) -> Option<Fingerprint> {
        let (block, _) = layout::split(item)?;
        let digest: Digest32 = Sha256::digest(block).into();
        self.memory().get(&digest).copied()
    }

    fn remember(&self, digest: Digest32, key: Fingerprint) {
        let mut memory = self.memory();
        if memory.len() >= MAX_REMEMBERED && !memory.contains_key(&digest) {
            memory.clear();
        }
        memory.insert(digest, key);
    }

    fn hopeless(&self) -> std::sync::MutexGuard<'_, HashSet<Digest32>> {
        self.hopeless.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, HashMap<Digest32, Fingerprint>> {
        // A memory left by a panic is still only a hint.
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What decides whether a key opens a ciphertext: all of its bytes, and the label. Both are public.
fn whole(item: &[u8], label: &[u8]) -> Digest32 {
    let mut digest = Sha256::new();
    let length = u64::try_from(label.len()).unwrap_or(u64::MAX);
    digest.update(length.to_be_bytes());
    digest.update(label);
    digest.update(item);
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Certificate, Scope, SealOptions, seal, unseal_items},
        *,
    };
    use crate::api::{metadata::Metadata, sealed_secret::SealedSecret, secret::Secret};

    const KEY: &str = include_str!("../../tests/vectors/kubeseal/keys/small.key");
    const CERTIFICATE: &str = include_str!("../../tests/vectors/kubeseal/keys/small.crt");

    #[test]
    fn a_key_that_only_opens_is_not_sealed_for() {
        let certificate = super::super::Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap();
        let key = SealingKey::from_pem(KEY.as_bytes()).unwrap();
        let key = key.with_certificate(certificate).unwrap();
        let (fingerprint, now) = (key.fingerprint(), "2030-01-01T00:00:00Z".parse().unwrap());
        let mut ring = KeyRing::new();
        assert!(ring.insert_as(key, Timestamp::UNIX_EPOCH, false));
        assert!(ring.current(now).is_none());
        ring.set_seals(fingerprint, true);
        assert!(ring.current(now).is_some());
        ring.set_seals(fingerprint, false);
        assert!(ring.current(now).is_none());
        assert_eq!(ring.len(), 1);
    }

    /// A ring of twelve keys, the newest of them first, and the certificates in this order.
    fn twelve() -> (KeyRing, Vec<Certificate>) {
        let mut ring = KeyRing::new();
        let mut certificates = Vec::new();
        for number in 0..12 {
            let at = |seconds| Timestamp::from_second(seconds).unwrap();
            let key = SealingKey::generate(2048, "", at(number), at(9_000_000)).unwrap();
            certificates.insert(0, key.certificate().unwrap().clone());
            ring.insert(key, at(number));
        }
        (ring, certificates)
    }

    #[test]
    fn one_search_an_object_newest_first_and_none_when_seen_before() {
        let (ring, certificates) = twelve();
        let secret = |items: usize| Secret {
            metadata: Metadata::named("shop", "db"),
            data: (0..items)
                .map(|item| (format!("k{item}"), Hidden::new(b"v".to_vec())))
                .collect(),
            ..Secret::default()
        };
        let options = SealOptions {
            scope: Scope::Strict,
            allow_empty: false,
        };
        let cost = |sealed: &SealedSecret| {
            let before = ring.tries();
            unseal_items(sealed, &ring).unwrap();
            ring.tries() - before
        };
        for (place, certificate) in certificates.iter().enumerate() {
            let sealed = seal(&secret(3), certificate, options).unwrap();
            // The key is searched for once, and then known for the other two.
            assert_eq!(cost(&sealed), place as u64 + 3, "key {place}");
            assert_eq!(cost(&sealed), 3, "key {place}");
        }
    }

    #[test]
    fn what_no_key_opens_is_searched_for_once_until_there_is_a_new_key() {
        let (mut ring, certificates) = twelve();
        let secret = |name: &str| Secret {
            metadata: Metadata::named("shop", name),
            data: [("k".to_owned(), Hidden::new(b"v".to_vec()))].into(),
            ..Secret::default()
        };
        let options = SealOptions {
            scope: Scope::Strict,
            allow_empty: false,
        };
        let gone = certificates[5].fingerprint();
        let lost = ring.remove(gone).unwrap();
        let sealed = seal(&secret("a"), &certificates[5], options).unwrap();
        let mut renamed = seal(&secret("b"), &certificates[0], options).unwrap();
        renamed.metadata = Metadata::named("shop", "c");
        let cost = |sealed: &SealedSecret, ring: &KeyRing| {
            let before = ring.tries();
            assert!(unseal_items(sealed, ring).is_err());
            ring.tries() - before
        };
        for sealed in [&sealed, &renamed] {
            assert_eq!(cost(sealed, &ring), 11);
            assert_eq!(cost(sealed, &ring), 0);
        }
        renamed.metadata = Metadata::named("shop", "b");
        assert!(unseal_items(&renamed, &ring).is_ok(), "the object changed");
        let lost = Arc::into_inner(lost).unwrap();
        assert!(ring.insert(lost, Timestamp::UNIX_EPOCH));
        assert!(unseal_items(&sealed, &ring).is_ok(), "the ring changed");
    }

    #[test]
    fn the_memory_is_bounded() {
        let ring = KeyRing::new();
        let key = Fingerprint::of_rsa(&[1], &[1]);
        for number in 0..=MAX_REMEMBERED {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&(number as u64).to_be_bytes());
            ring.remember(digest, key);
        }
        assert_eq!(ring.memory().len(), 1, "a full memory begins anew");
    }
}
