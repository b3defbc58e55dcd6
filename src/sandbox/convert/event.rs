//! Events: the fields of `events.k8s.io/v1` and those of the core group
//! (`pkg/apis/events/v1/conversion.go`).

use crate::object::Object;

/// Which names are wanted.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    ToNew,
    ToCore,
}

/// Name in the core group, and in the new one.
const NAMES: [(&str, &str); 7] = [
    ("count", "deprecatedCount"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("involvedObject", "regarding"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
];

pub(super) fn rename(object: &mut Object, way: Way) {
    for (core, new) in NAMES {
        let (from, to) = match way {
            Way::ToNew => (core, new),
            Way::ToCore => (new, core),
        };
        if let Some(value) = object.remove(&[from]) {
            object.set(&[to], value);
        }
    }
}
