//! The bounded memory of changes from which watches and old lists are answered.

use std::{collections::VecDeque, sync::Arc};

use super::Change;

/// The most changes remembered for one resource.
pub const WINDOW_EVENTS: usize = 10_000;
/// The most bytes of changes remembered for one resource.
pub const WINDOW_BYTES: usize = 64 << 20;

/// Changes of one resource in their order; the oldest go when there are too many.
#[derive(Debug, Default)]
pub struct Log {
    changes: VecDeque<Arc<Change>>,
    bytes: usize,
    floor: u64,
}

impl Log {
    /// A log that remembers nothing up to a version.
    pub fn starting_at(floor: u64) -> Self {
        Self {
            floor,
            ..Self::default()
        }
    }

    /// The version up to which changes are forgotten; a watch from here on misses nothing.
    pub fn floor(&self) -> u64 {
        self.floor
    }

    /// Remembers one more change.
    pub fn push(&mut self, change: Arc<Change>) {
        self.bytes += change.weight();
        self.changes.push_back(change);
        while self.changes.len() > WINDOW_EVENTS || self.bytes > WINDOW_BYTES {
            let Some(oldest) = self.changes.pop_front() else {
                break;
            };
            self.bytes -= oldest.weight();
            self.floor = oldest.version();
        }
    }

    /// Forgets the youngest change, which nobody has seen.
    pub fn take_back(&mut self, change: &Change) {
        if self.changes.back().map(|last| last.version()) == Some(change.version()) {
            self.changes.pop_back();
            self.bytes -= change.weight();
        }
        self.floor = self.floor.min(change.version().saturating_sub(1));
    }

    /// The changes after a version, oldest first, or none when some of them are forgotten.
    pub fn after(&self, version: u64) -> Option<impl DoubleEndedIterator<Item = &Arc<Change>>> {
        if version < self.floor {
            return None;
        }
        let start = self
            .changes
            .partition_point(|change| change.version() <= version);
        Some(self.changes.range(start..))
    }
}
