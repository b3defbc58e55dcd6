//! Which version the plain Secret holds, and adopting what it held before.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    content::Content,
    number::Numbers,
    read::{Version, number},
    snapshot::Snapshot,
};
use crate::{
    api::version::{ADOPTED, LAST_VERSION, TRUE, VERSION},
    object::{Object, ObjectRef},
};

/// A version that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Made {
    /// What it holds.
    pub content: Content,
    /// Whether it was there before and is written again.
    pub is_again: bool,
}

/// Which version is promoted as things stand.
pub(super) struct Base {
    /// The promoted one; `None` when there is none yet.
    pub promoted: Option<u64>,
    /// The one that ReplicaSets count as made with when they name the plain Secret.
    pub adopted: Option<u64>,
}

/// Finds the promoted version: what the plain Secret says, or for one that says nothing, what it holds.
///
/// # Errors
/// What must be looked at before a number can be given.
pub(super) fn base(
    snapshot: &Snapshot,
    versions: &BTreeMap<u64, Version<'_>>,
    made: &mut BTreeMap<u64, Made>,
    numbers: &mut Numbers<'_>,
) -> Result<Base, BTreeSet<ObjectRef>> {
    let Some(plain) = &snapshot.plain else {
        return Ok(labelled(versions));
    };
    if let Some(promoted) = ruled(plain) {
        if !versions.contains_key(&promoted) {
            let content = Content::of(plain);
            let is_again = true;
            made.insert(promoted, Made { content, is_again });
        }
        return Ok(Base {
            promoted: Some(promoted),
            adopted: (plain.annotation(ADOPTED) == Some(TRUE)).then_some(promoted),
        });
    }
    let content = Content::of(plain);
    let number = match equal(&content, versions, made) {
        Some(number) => number,
        None => {
            let number = numbers.give()?;
            let is_again = false;
            made.insert(number, Made { content, is_again });
            number
        }
    };
    Ok(Base {
        promoted: Some(number),
        adopted: Some(number),
    })
}

/// The number that the plain Secret says it holds, where it is one of ours.
pub(super) fn ruled(plain: &Object) -> Option<u64> {
    number(plain, LAST_VERSION)?;
    number(plain, VERSION)
}

/// The highest version of a content.
pub(super) fn equal(
    content: &Content,
    versions: &BTreeMap<u64, Version<'_>>,
    made: &BTreeMap<u64, Made>,
) -> Option<u64> {
    let written = versions
        .values()
        .filter(|version| Content::of(version.object) == *content)
        .map(|version| version.number);
    let to_write = made
        .iter()
        .filter(|(_, made)| made.content == *content)
        .map(|(number, _)| *number);
    written.chain(to_write).max()
}

/// The promoted version by its label: of several the desired one, then the highest.
fn labelled(versions: &BTreeMap<u64, Version<'_>>) -> Base {
    let found = versions
        .values()
        .filter(|version| version.is_promoted())
        .max_by_key(|version| (version.is_desired(), version.number));
    Base {
        promoted: found.map(|version| version.number),
        adopted: found
            .filter(|version| version.is_adopted())
            .map(|version| version.number),
    }
}
