//! The objects of one resource.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use super::{Log, Place, Stored};

/// All objects of one resource, with the log of their changes.
#[derive(Debug, Default)]
pub struct Shelf {
    pub(super) objects: BTreeMap<Place, Arc<Stored>>,
    pub(super) log: Log,
}

impl Shelf {
    /// One object.
    pub fn get(&self, place: &Place) -> Option<&Arc<Stored>> {
        self.objects.get(place)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The objects of a namespace, or all when it is empty, in order, those behind `after` only.
    pub fn range<'a>(
        &'a self,
        namespace: &'a str,
        after: Option<&Place>,
    ) -> impl Iterator<Item = (&'a Place, &'a Arc<Stored>)> {
        let start = match after {
            Some(place) => Bound::Excluded(place.clone()),
            None => Bound::Included(Place::new(namespace, "")),
        };
        self.objects
            .range((start, Bound::Unbounded))
            .take_while(move |(place, _)| namespace.is_empty() || place.namespace == namespace)
    }

    /// The changes of the objects.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The objects of a namespace (or all) as they were at a version; none when that is forgotten.
    pub fn at_version(
        &self,
        version: u64,
        namespace: &str,
    ) -> Option<BTreeMap<Place, Arc<Stored>>> {
        let undo = self.log.after(version)?;
        let mut then: BTreeMap<Place, Arc<Stored>> = self
            .range(namespace, None)
            .map(|(place, stored)| (place.clone(), stored.clone()))
            .collect();
        for change in undo.rev() {
            let place = &change.key.place;
            if !namespace.is_empty() && place.namespace != namespace {
                continue;
            }
            match &change.previous {
                Some(previous) => then.insert(place.clone(), previous.clone()),
                None => then.remove(place),
            };
        }
        Some(then)
    }
}
