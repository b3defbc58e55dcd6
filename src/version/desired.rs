//! Which version the SealedSecret asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    adopt::{Made, equal},
    content::Content,
    input::sealed_from,
    number::Numbers,
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
    let (number, is_again) = match deleted(snapshot, versions, made) {
        Some(number) => (number, true),
        None => (numbers.give()?, false),
    };
    let content = content.clone();
    made.insert(number, Made { content, is_again });
    Ok(number)
}

/// The number of a desired version that was deleted by hand, while what is sealed is still the same.
fn deleted(
    snapshot: &Snapshot,
    versions: &BTreeMap<u64, Version<'_>>,
    made: &BTreeMap<u64, Made>,
) -> Option<u64> {
    let plain = snapshot.plain.as_ref()?;
    let before = number(plain, DESIRED)?;
    let is_gone = !versions.contains_key(&before) && !made.contains_key(&before);
    let is_same = plain.annotation(SEALED_FROM) == Some(sealed_from(&snapshot.sealed).as_str());
    (is_gone && is_same).then_some(before)
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
