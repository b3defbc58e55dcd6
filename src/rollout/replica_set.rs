//! Reading ReplicaSets of a Rollout.

use jiff::Timestamp;
use serde_json::Value;

use super::canary::Pods;
use crate::{
    api::rollout::{HASH_LABEL, REVISION, SCALE_DOWN_DEADLINE},
    object::Object,
};

mod origin;

pub use origin::is_made_from;

/// The hash that a ReplicaSet is labelled with.
pub fn hash_of(set: &Object) -> &str {
    set.label(HASH_LABEL).unwrap_or_default()
}

/// The number of the revision that an object says it is of.
pub fn revision(object: &Object) -> i64 {
    object
        .annotation(REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// When it was made, as text that sorts by time.
pub fn made_at(set: &Object) -> &str {
    set.at(&["metadata", "creationTimestamp"])
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A number of its spec or status.
pub fn count(set: &Object, path: &[&str]) -> i64 {
    set.at(path).and_then(Value::as_i64).unwrap_or(0)
}

/// Its pods, as asked for and available.
pub fn pods(set: &Object) -> Pods {
    Pods {
        spec: count(set, &["spec", "replicas"]),
        available: count(set, &["status", "availableReplicas"]),
    }
}

/// When it is to be scaled down.
pub fn deadline(set: &Object) -> Option<Timestamp> {
    set.annotation(SCALE_DOWN_DEADLINE)?.parse().ok()
}

/// Whether it is said when it is to be scaled down.
pub fn has_deadline(set: &Object) -> bool {
    set.annotation(SCALE_DOWN_DEADLINE)
        .is_some_and(|text| !text.is_empty())
}

/// Whether it is about to go.
pub fn is_going(set: &Object) -> bool {
    set.at(&["metadata", "deletionTimestamp"]).is_some()
}
