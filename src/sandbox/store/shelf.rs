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

    /// The objects of a namespace, or all when it is empty, those behind `after` only, as they were at a version;
    /// none when that is forgotten. What it costs goes with what is taken and with what changed since.
    pub fn range_at<'a>(
        &'a self,
        version: u64,
        namespace: &'a str,
        after: Option<&Place>,
    ) -> Option<impl Iterator<Item = (&'a Place, &'a Arc<Stored>)>> {
        let mut undone: BTreeMap<&Place, Option<&Arc<Stored>>> = BTreeMap::new();
        for change in self.log.after(version)?.rev() {
            let place = &change.key.place;
            let is_inside = namespace.is_empty() || place.namespace == namespace;
            if is_inside && after.is_none_or(|after| place > after) {
                undone.insert(place, change.previous.as_ref());
            }
        }
        let earlier: Vec<_> = undone
            .iter()
            .filter_map(|(place, previous)| Some((*place, (*previous)?)))
            .collect();
        let mut earlier = earlier.into_iter().peekable();
        let mut untouched = self
            .range(namespace, after)
            .filter(move |(place, _)| !undone.contains_key(place))
            .peekable();
        Some(std::iter::from_fn(move || {
            match (untouched.peek(), earlier.peek()) {
                (Some((next, _)), Some((before, _))) if before < next => earlier.next(),
                (None, _) => earlier.next(),
                (Some(_), _) => untouched.next(),
            }
        }))
    }
}
