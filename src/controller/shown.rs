//! The SealedSecrets whose conditions and keys the metrics show.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{keys::Keys, metrics::Metrics};
use crate::{
    object::{Object, ObjectRef},
    seal,
};

/// What is shown of each SealedSecret; taken back when dropped, for whoever does not work any more knows nothing.
pub(super) struct Shown {
    keys: Keys,
    metrics: Metrics,
    objects: Mutex<BTreeMap<ObjectRef, Object>>,
}

impl Shown {
    /// Nothing shown yet.
    pub(super) fn new(keys: &Keys, metrics: &Metrics) -> Self {
        Self {
            keys: keys.clone(),
            metrics: metrics.clone(),
            objects: Mutex::default(),
        }
    }

    /// Shows a SealedSecret as it is stored now, and by which keys it opens, as far as that was found out.
    pub(super) fn show(&self, sealed: &Object) {
        let reference = sealed.reference();
        let uses = self.keys.with(|ring| seal::uses(sealed, ring));
        self.metrics.sealing_keys().set_uses(&reference, uses);
        let mut objects = self.objects();
        let mut kept = sealed.clone();
        kept.remove(&["spec"]);
        if let Some(before) = objects.insert(reference, kept) {
            self.metrics.forget_conditions(&before);
        }
        self.metrics.observe_conditions(sealed);
    }

    /// Takes one that is gone away.
    pub(super) fn forget(&self, sealed: &ObjectRef) {
        self.metrics.sealing_keys().forget_uses(sealed);
        if let Some(shown) = self.objects().remove(sealed) {
            self.metrics.forget_conditions(&shown);
        }
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectRef, Object>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        for (sealed, shown) in std::mem::take(&mut *self.objects()) {
            self.metrics.sealing_keys().forget_uses(&sealed);
            self.metrics.forget_conditions(&shown);
        }
    }
}
