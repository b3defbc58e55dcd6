//! Which version the SealedSecret asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    adopt::{Made, equal},
    consume::template_in,
    content::Content,
    effective::{Held, held},
    input::sealed_from,
    note::notes,
    number::{HIGHEST_CLAIM, Numbers},
    read::{Version, number},
    snapshot::{Opened, Snapshot},
};
use crate::{
    api::version::{DESIRED, SEALED_FROM},
    object::ObjectRef,
};

/// Finds the desired version, and makes one where no version has the content.
///
/// # Errors
/// What must be looked at before a number can be given.
pub(super) fn desired(
    snapshot: &Snapshot,
    versions: &BTreeMap<u64, Version<'_>>,
    made: &mut BTreeMap<u64, Made>,
    numbers: &mut Numbers<'_>,
) -> Result<Option<u64>, BTreeSet<ObjectRef>> {
    match &snapshot.opened {
        Opened::Known(number) if versions.contains_key(number) => Ok(Some(*number)),
        Opened::Content(content) => {
            of_content(snapshot, content, versions, made, numbers).map(Some)
        }
        Opened::Known(_) | Opened::Failed => Ok(last(snapshot, versions)),
    }
}

fn of_content(
    snapshot: &Snapshot,
    content: &Content,
    versions: &BTreeMap<u64, Version<'_>>,
    made: &mut BTreeMap<u64, Made>,
    numbers: &mut Numbers<'_>,
) -> Result<u64, BTreeSet<ObjectRef>> {
    if let Some(number) = equal(content, versions, made) {
        return Ok(number);
    }
    let (number, is_again) = match deleted(snapshot, versions, made)? {
        Some(number) => (number, true),
        None => (numbers.give()?, false),
    };
    let content = content.clone();
    made.insert(number, Made { content, is_again });
    Ok(number)
}

/// The number of a version that was deleted by hand, while what is sealed is still what it came from: the plain Secret
/// says so, or a ReplicaSet that names it.
///
/// # Errors
/// What must be looked at: somebody else may have taken the name.
fn deleted(
    snapshot: &Snapshot,
    versions: &BTreeMap<u64, Version<'_>>,
    made: &BTreeMap<u64, Made>,
) -> Result<Option<u64>, BTreeSet<ObjectRef>> {
    let input = sealed_from(&snapshot.sealed);
    let said = snapshot.plain.as_ref().and_then(|plain| {
        let is_same = plain.annotation(SEALED_FROM) == Some(input.as_str());
        number(plain, DESIRED).filter(|_| is_same)
    });
    let named = snapshot.replica_sets.iter().filter_map(|set| {
        let is_same = notes(set).get(snapshot.secret()) == Some(&input);
        match held(&template_in(set), snapshot.namespace(), snapshot.secret()) {
            Held::Version(number) if is_same => Some(number),
            _ => None,
        }
    });
    let gone: BTreeSet<u64> = said
        .into_iter()
        .chain(named)
        .filter(|number| *number <= HIGHEST_CLAIM)
        .filter(|number| !versions.contains_key(number) && !made.contains_key(number))
        .collect();
    let unknown: BTreeSet<ObjectRef> = gone
        .iter()
        .map(|number| snapshot.version_ref(*number))
        .filter(|target| !snapshot.looked.contains_key(target))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let is_free =
        |number: &&u64| snapshot.looked.get(&snapshot.version_ref(**number)) == Some(&false);
    Ok(gone.iter().rev().find(is_free).copied())
}

/// The version that was desired last, for a SealedSecret that does not open.
fn last(snapshot: &Snapshot, versions: &BTreeMap<u64, Version<'_>>) -> Option<u64> {
    let input = sealed_from(&snapshot.sealed);
    let marked = versions
        .values()
        .filter(|version| version.is_desired())
        .max_by_key(|version| (version.sealed_from() == input, version.number))
        .map(|version| version.number);
    let noted = || {
        let plain = snapshot.plain.as_ref()?;
        number(plain, DESIRED).filter(|number| versions.contains_key(number))
    };
    marked.or_else(noted)
}
