//! Giving numbers: one more than the highest ever given, past names that somebody else has.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    consume::template_in,
    effective::{Held, held},
    read::{Version, number},
    snapshot::Snapshot,
};
use crate::{api::version::LAST_VERSION, object::ObjectRef};

/// The highest number that is believed: whoever may name a ReplicaSet or write an annotation must not use the numbers up.
pub(super) const HIGHEST_CLAIM: u64 = 1_000_000_000_000_000;

/// Gives numbers for one snapshot.
pub(super) struct Numbers<'a> {
    snapshot: &'a Snapshot,
    /// The highest number that was ever given.
    pub highest: u64,
}

impl<'a> Numbers<'a> {
    /// Looks for the highest number: on versions, on the plain Secret, and in ReplicaSets.
    pub fn new(snapshot: &'a Snapshot, versions: &BTreeMap<u64, Version<'_>>) -> Self {
        let noted = versions.values().map(Version::last);
        let plain = snapshot
            .plain
            .as_ref()
            .and_then(|plain| number(plain, LAST_VERSION));
        let named = snapshot.replica_sets.iter().filter_map(|set| {
            match held(&template_in(set), snapshot.namespace(), snapshot.secret()) {
                Held::Version(number) => Some(number),
                _ => None,
            }
        });
        let all = versions
            .keys()
            .copied()
            .chain(noted)
            .chain(plain)
            .chain(named);
        Self {
            snapshot,
            highest: all
                .filter(|number| *number <= HIGHEST_CLAIM)
                .max()
                .unwrap_or(0),
        }
    }

    /// The next number whose name nobody has.
    ///
    /// # Errors
    /// The objects of which must be known whether they are there.
    pub fn give(&mut self) -> Result<u64, BTreeSet<ObjectRef>> {
        loop {
            let number = self.highest.saturating_add(1);
            let both = [
                self.snapshot.version_ref(number),
                self.snapshot.sealed_ref(number),
            ];
            let unknown: BTreeSet<ObjectRef> = both
                .iter()
                .filter(|target| !self.snapshot.looked.contains_key(*target))
                .cloned()
                .collect();
            if !unknown.is_empty() {
                return Err(unknown);
            }
            self.highest = number;
            let is_taken = |target| self.snapshot.looked.get(target) == Some(&true);
            if !both.iter().any(is_taken) {
                return Ok(number);
            }
        }
    }
}
