//! The newest that is known of each Rollout: what its watch has shown, or what we have written since. So a pass need not
//! read it anew; whatever was decided over an older one is refused, for its status is written over the version it had.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::object::{Object, ObjectRef};

/// What the watch may not have shown yet.
enum Ahead {
    /// The Rollout as our last write left it.
    Written(Arc<Object>),
    /// A write failed: somebody else has written, or it is not known whether ours was done.
    Unknown,
}

/// What is known beyond the watch, by Rollout.
#[derive(Default)]
pub(super) struct Latest(Mutex<BTreeMap<ObjectRef, Ahead>>);

impl Latest {
    /// The newest of a Rollout that the watch shows as given; `None` if it has to be read.
    pub(super) fn of(&self, shown: &Arc<Object>) -> Option<Arc<Object>> {
        let target = shown.reference();
        let mut all = self.all();
        match all.get(&target) {
            None => return version(shown).is_some().then(|| shown.clone()),
            Some(Ahead::Unknown) => return None,
            Some(Ahead::Written(written)) if version(written) > version(shown) => {
                return Some(written.clone());
            }
            Some(Ahead::Written(_)) => {}
        }
        all.remove(&target);
        Some(shown.clone())
    }

    /// Notes a Rollout as it was read or as our write left it.
    pub(super) fn note(&self, object: Object) {
        let target = object.reference();
        let ahead = match version(&object) {
            Some(_) => Ahead::Written(Arc::new(object)),
            None => Ahead::Unknown,
        };
        self.all().insert(target, ahead);
    }

    /// Has a Rollout read before the next decision.
    pub(super) fn doubt(&self, target: &ObjectRef) {
        self.all().insert(target.clone(), Ahead::Unknown);
    }

    /// Forgets a Rollout that is gone.
    pub(super) fn forget(&self, target: &ObjectRef) {
        self.all().remove(target);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<ObjectRef, Ahead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn version(object: &Object) -> Option<u64> {
    object.resource_version()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rollout(version: &str) -> Arc<Object> {
        let value = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "a",
            "namespace": "ns", "uid": "u", "resourceVersion": version}});
        Arc::new(Object::from_value(value).unwrap())
    }

    fn seen(latest: &Latest, shown: &str) -> Option<String> {
        let found = latest.of(&rollout(shown))?;
        found.resource_version().map(str::to_owned)
    }

    #[test]
    fn our_write_counts_until_the_watch_shows_it_or_something_newer() {
        let latest = Latest::default();
        assert_eq!(seen(&latest, "7").as_deref(), Some("7"));
        latest.note(rollout("9").as_ref().clone());
        assert_eq!(seen(&latest, "7").as_deref(), Some("9"));
        assert_eq!(seen(&latest, "10").as_deref(), Some("10"));
        assert!(latest.all().is_empty());
    }

    #[test]
    fn after_a_failure_it_is_read_until_somebody_has() {
        let latest = Latest::default();
        latest.doubt(&rollout("7").reference());
        assert_eq!(seen(&latest, "8"), None);
        assert_eq!(seen(&latest, "9"), None);
        latest.note(rollout("9").as_ref().clone());
        assert_eq!(seen(&latest, "8").as_deref(), Some("9"));
        latest.doubt(&rollout("7").reference());
        latest.forget(&rollout("7").reference());
        assert_eq!(seen(&latest, "8").as_deref(), Some("8"));
    }

    #[test]
    fn a_version_that_is_no_number_is_read_anew() {
        assert_eq!(seen(&Latest::default(), "x"), None);
    }
}
