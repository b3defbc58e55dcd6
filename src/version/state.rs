//! What stands and what is wanted: versions, the desired and the promoted one.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    adopt::{self, Made},
    consume::{Consumer, consumers, has_pods, template_in},
    desired,
    effective::{Held, held},
    input::sealed_from,
    note::notes,
    number::Numbers,
    read::{self, Version},
    snapshot::Snapshot,
};
use crate::object::{Object, ObjectRef};

/// What a snapshot means.
pub(super) struct State<'a> {
    pub snapshot: &'a Snapshot,
    /// Versions that are there.
    pub versions: BTreeMap<u64, Version<'a>>,
    /// Versions to be written.
    pub made: BTreeMap<u64, Made>,
    /// What the SealedSecret asks for.
    pub desired: u64,
    /// What the plain Secret holds, or is made again from; `None` when that is gone for good.
    pub promoted: Option<u64>,
    /// What ReplicaSets count as made with when they name the plain Secret.
    pub adopted: Option<u64>,
    /// The highest number that was ever given.
    pub highest: u64,
    /// Versions that pods need and that cannot be written again, with the ReplicaSets that name them.
    pub lost: BTreeMap<u64, BTreeSet<String>>,
    /// The Rollouts that consume the secret.
    pub consumers: Vec<Consumer<'a>>,
}

impl<'a> State<'a> {
    /// Reads a snapshot; `None` when there is nothing yet to deliver.
    ///
    /// # Errors
    /// What must be looked at first.
    pub fn of(snapshot: &'a Snapshot) -> Result<Option<Self>, BTreeSet<ObjectRef>> {
        let versions = read::versions(snapshot.secret(), &snapshot.versions);
        let mut made = BTreeMap::new();
        let mut numbers = Numbers::new(snapshot, &versions);
        let base = adopt::base(snapshot, &versions, &mut made, &mut numbers)?;
        let desired = desired::desired(snapshot, &versions, &mut made, &mut numbers)?;
        let Some(desired) = desired.or(base.promoted) else {
            return Ok(None);
        };
        // The first version of all is promoted as it is made, for nobody can have read another one.
        let is_first = versions.is_empty()
            && base.promoted.is_none()
            && !is_read_otherwise(snapshot, made.keys().copied().collect());
        let lost = lost(snapshot, &versions, &made)?;
        Ok(Some(Self {
            snapshot,
            desired,
            promoted: base.promoted.or(is_first.then_some(desired)),
            adopted: if is_first {
                Some(desired)
            } else {
                base.adopted
            },
            highest: numbers.highest.max(desired),
            lost,
            consumers: consumers(
                snapshot.secret(),
                &snapshot.rollouts,
                &snapshot.templates,
                &snapshot.replica_sets,
            ),
            versions,
            made,
        }))
    }

    /// The number that a ReplicaSet of a consumer reads.
    pub fn number_in(&self, consumer: &Consumer<'_>, set: Option<&Object>) -> Option<u64> {
        consumer
            .held(set, self.snapshot.secret())
            .number(self.adopted)
    }
}

/// Whether some ReplicaSet reads, or has read, another content than what is sealed now: it names a version that is not
/// among those that are made now, or the plain Secret when that held something else.
fn is_read_otherwise(snapshot: &Snapshot, made: BTreeSet<u64>) -> bool {
    let input = sealed_from(&snapshot.sealed);
    snapshot.replica_sets.iter().any(|set| {
        let held = held(&template_in(set), snapshot.namespace(), snapshot.secret());
        match held {
            Held::None => false,
            Held::Version(number) => !made.contains(&number),
            Held::Plain => notes(set)
                .get(snapshot.secret())
                .is_some_and(|noted| *noted != input),
        }
    })
}

/// Versions that ReplicaSets with pods name, that are not there and will not be.
fn lost(
    snapshot: &Snapshot,
    versions: &BTreeMap<u64, Version<'_>>,
    made: &BTreeMap<u64, Made>,
) -> Result<BTreeMap<u64, BTreeSet<String>>, BTreeSet<ObjectRef>> {
    let mut missing: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for set in snapshot.replica_sets.iter().filter(|set| has_pods(set)) {
        let held = held(&template_in(set), snapshot.namespace(), snapshot.secret());
        if let Held::Version(number) = held
            && !versions.contains_key(&number)
            && !made.contains_key(&number)
        {
            missing
                .entry(number)
                .or_default()
                .insert(set.name().to_owned());
        }
    }
    // A foreign Secret of such a name is there for whoever names it.
    let unknown: BTreeSet<ObjectRef> = missing
        .keys()
        .map(|number| snapshot.version_ref(*number))
        .filter(|target| !snapshot.looked.contains_key(target))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    missing.retain(|number, _| snapshot.looked.get(&snapshot.version_ref(*number)) == Some(&false));
    Ok(missing)
}
