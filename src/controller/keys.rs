//! The key ring that the loops share, and the news of its changes.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use futures::Stream;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    api::certificate::Fingerprint,
    seal::{Certificate, KeyRing, SealingKey},
};

/// The keys that open secrets now. Cheap to clone; clones share the same keys.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    ring: RwLock<KeyRing>,
    /// Counts the keys that were ever added: what failed under a lower count may open now.
    epoch: watch::Sender<u64>,
    ready: watch::Sender<bool>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

impl Keys {
    /// No keys yet.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            ring: RwLock::new(KeyRing::new()),
            epoch: watch::Sender::new(0),
            ready: watch::Sender::new(false),
        }))
    }

    /// Looks at the ring; writers wait meanwhile.
    pub fn with<T>(&self, look: impl FnOnce(&KeyRing) -> T) -> T {
        look(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a key that may be sealed for; those who wait for keys are told if it is a new one.
    pub fn insert(&self, key: SealingKey, ordered_at: Timestamp) {
        self.insert_as(key, ordered_at, true);
    }

    /// Adds a key, and says whether it may be sealed for: staged and retired keys only open.
    pub fn insert_as(&self, key: SealingKey, ordered_at: Timestamp, seals: bool) {
        let new = self
            .0
            .ring
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert_as(key, ordered_at, seals);
        if new {
            self.0.epoch.send_modify(|epoch| *epoch += 1);
        }
    }

    /// Says of keys whether they may be sealed for; all of them in one step.
    pub fn set_seals(&self, seals: &BTreeMap<Fingerprint, bool>) {
        let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        for (key, may) in seals {
            ring.set_seals(*key, *may);
        }
    }

    /// Takes a key out.
    pub fn remove(&self, fingerprint: Fingerprint) {
        self.0
            .ring
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(fingerprint);
    }

    /// The certificate that secrets are to be sealed for.
    pub fn certificate(&self, now: Timestamp) -> Option<Certificate> {
        self.with(|ring| ring.current(now)?.certificate().cloned())
    }

    /// How many keys were ever added.
    pub fn epoch(&self) -> u64 {
        *self.0.epoch.borrow()
    }

    /// An item for each time that keys were added.
    pub fn additions(&self) -> impl Stream<Item = ()> + Send + use<> {
        let seen = self.0.epoch.subscribe();
        futures::stream::unfold(seen, |mut seen| async move {
            seen.changed().await.ok().map(|()| ((), seen))
        })
    }

    /// Says that the keys of the cluster are loaded, the first one included.
    pub fn set_ready(&self) {
        self.0.ready.send_replace(true);
    }

    /// Whether the keys of the cluster are loaded.
    pub fn is_ready(&self) -> bool {
        *self.0.ready.borrow()
    }

    /// Waits until the keys of the cluster are loaded.
    pub async fn ready(&self) {
        // The sender lives in `self`, so the channel cannot be closed while we wait.
        let _ = self.0.ready.subscribe().wait_for(|ready| *ready).await;
    }
}
