//! Volumes and claims: they are held while something uses them.

use serde_json::json;

use super::Rules;
use crate::object::Object;

/// The rules of PersistentVolumeClaims.
pub const CLAIM: Rules = rules("persistentvolumeclaims", |object, before| {
    protect(object, before, "kubernetes.io/pvc-protection");
});
/// The rules of PersistentVolumes.
pub const VOLUME: Rules = rules("persistentvolumes", |object, before| {
    protect(object, before, "kubernetes.io/pv-protection");
    // It has been in its first phase since it was made.
    if before.is_none()
        && let Some(now) = object.at(&["metadata", "creationTimestamp"]).cloned()
    {
        object.set(&["status", "lastPhaseTransitionTime"], now);
    }
});

const fn rules(plural: &'static str, prepare: fn(&mut Object, Option<&Object>)) -> Rules {
    Rules {
        group: "",
        plural,
        fill: |_| {},
        prepare,
        validate: |_, _| Vec::new(),
    }
}

/// `plugin/pkg/admission/storage/storageobjectinuseprotection`.
fn protect(object: &mut Object, before: Option<&Object>, finalizer: &str) {
    if before.is_some() {
        return;
    }
    let path = ["metadata", "finalizers"];
    let mut finalizers = object.at(&path).cloned().unwrap_or_else(|| json!([]));
    if let Some(list) = finalizers.as_array_mut()
        && !list.contains(&finalizer.into())
    {
        list.push(finalizer.into());
    }
    object.set(&path, finalizers);
}
