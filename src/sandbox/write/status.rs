//! Writing the status alone.

use serde_json::{Map, Value};

use crate::{object::Object, sandbox::registry::Resource};

/// The stored object with the status of another one, as a write to `/status` means it.
///
/// Of a built-in kind annotations and finalizers are taken over too, as most of its strategies do; of a
/// custom one nothing but the status is (`apiextensions-apiserver/pkg/registry/customresource/status_strategy.go`).
pub fn with_status_of(resource: &Resource, current: &Object, given: &Object) -> Object {
    let mut merged = current.clone();
    take_over(&mut merged, given, &["status"]);
    if !resource.custom {
        // Its status is a struct, which is there even if nobody gives one.
        if merged.at(&["status"]).is_none() {
            merged.set(&["status"], Value::Object(Map::new()));
        }
        take_over(&mut merged, given, &["metadata", "annotations"]);
        take_over(&mut merged, given, &["metadata", "finalizers"]);
    }
    // The version guards the write, so it is that of the writer.
    let version = given.resource_version().unwrap_or_default();
    merged.set(
        &["metadata", "resourceVersion"],
        Value::String(version.to_owned()),
    );
    merged
}

/// Brings one value in line with that of another object.
pub(super) fn take_over(merged: &mut Object, given: &Object, path: &[&str]) {
    match given.at(path) {
        Some(value) => merged.set(path, value.clone()),
        None => {
            merged.remove(path);
        }
    }
}
