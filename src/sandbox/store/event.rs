//! One change of the store.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;

use super::{Key, Stored};

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It was written again.
    Modified,
    /// It is gone.
    Deleted,
}

/// One change of one object, under the version that the change has.
#[derive(Debug)]
pub struct Change {
    /// Which object.
    pub key: Key,
    /// What happened.
    pub kind: ChangeKind,
    /// The object afterwards; of a deletion its last state, with the version of the deletion.
    pub object: Arc<Stored>,
    /// The object before, absent for a new one.
    pub previous: Option<Arc<Stored>>,
    /// The change as a watcher of the storage version reads it, made by the first one.
    pub frame: OnceLock<Bytes>,
}

impl Change {
    /// The version of the change.
    pub fn version(&self) -> u64 {
        self.object.version
    }

    /// The state after the change, absent after a deletion.
    pub fn after(&self) -> Option<&Arc<Stored>> {
        (self.kind != ChangeKind::Deleted).then_some(&self.object)
    }

    pub(super) fn weight(&self) -> usize {
        self.object.bare.len()
    }
}
