//! Deleting (`pkg/registry/rest/delete.go`, `registry/generic/registry/store.go`).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{change_metadata, meta::timestamp, scope::Scope};
use crate::{
    object::Object,
    sandbox::{
        error::{ApiError, ApiResult},
        store::{GroupResource, Key, Store, Stored},
        strategy,
    },
};

/// Finalizer of a foreground deletion.
pub const FOREGROUND: &str = "foregroundDeletion";
/// Finalizer of a deletion that leaves dependents alone.
pub const ORPHAN: &str = "orphan";
/// Seconds that a running pod gets to stop when nothing else is said.
const POD_GRACE_SECONDS: i64 = 30;

/// Namespaces that stay (`plugin/namespace/lifecycle/admission.go`).
const PROTECTED: [&str; 3] = ["default", "kube-public", "kube-system"];

/// What becomes of dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They go after the owner.
    Background,
    /// They go before the owner.
    Foreground,
    /// They stay.
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Seconds to stop in.
    pub grace_period_seconds: Option<i64>,
    /// What becomes of dependents.
    pub propagation: Option<Propagation>,
    /// The uid that the object must have.
    pub uid: Option<String>,
    /// The version that the object must have.
    pub resource_version: Option<String>,
}

/// What a deletion did.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// The object, as it is now or as it was last.
    pub object: Arc<Stored>,
    /// Whether it is gone.
    pub is_gone: bool,
}

/// Deletes an object, or marks it for deletion when finalizers or a grace period hold it.
///
/// # Errors
/// It is not there, or a precondition fails.
pub fn delete(
    store: &mut Store,
    scope: &Scope<'_>,
    name: &str,
    options: &DeleteOptions,
) -> ApiResult<Deleted> {
    let key = scope.key(name);
    let Some(stored) = store.at(&key) else {
        return Err(ApiError::not_found(&scope.named(), name));
    };
    if key.resource.is("", "namespaces") && PROTECTED.contains(&name) {
        let why = "this namespace may not be deleted";
        return Err(ApiError::forbidden(&scope.named(), name, why));
    }
    check_preconditions(scope, name, &stored, options)?;
    let grace = grace_of(&key.resource, &stored, options, scope.now);
    let finalizers = finalizers_after(scope, &stored, options);
    let is_namespace = key.resource.is("", "namespaces");
    if let Grace::Pending = grace
        && finalizers == stored.finalizers()
    {
        return Ok(Deleted {
            object: stored,
            is_gone: false,
        });
    }
    let holds_spec = is_namespace && has_namespace_finalizers(&stored);
    if finalizers.is_empty() && !holds_spec && matches!(grace, Grace::None) {
        if scope.dry_run {
            return Ok(Deleted {
                object: stored,
                is_gone: true,
            });
        }
        let last = store.remove(&key).unwrap_or(stored);
        // Pods alone have a grace, if only of no seconds.
        let object = if key.resource.is("", "pods") {
            let shown = change_metadata(&last, |metadata| {
                metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
                let before = metadata.insert("deletionTimestamp".into(), timestamp(scope.now));
                if before.is_none() {
                    grow(metadata);
                }
            });
            Arc::new(Stored::new(shown, last.version))
        } else {
            last
        };
        return Ok(Deleted {
            object,
            is_gone: true,
        });
    }
    let mut marked = change_metadata(&stored, |metadata| {
        let was_deleting = metadata.contains_key("deletionTimestamp");
        match grace {
            Grace::Seconds(seconds, at) => {
                metadata.insert("deletionGracePeriodSeconds".into(), seconds.into());
                metadata.insert("deletionTimestamp".into(), timestamp(at));
            }
            Grace::Pending => {}
            Grace::None if is_namespace => {
                metadata
                    .entry("deletionTimestamp")
                    .or_insert_with(|| timestamp(scope.now));
            }
            Grace::None => {
                metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
                metadata
                    .entry("deletionTimestamp")
                    .or_insert_with(|| timestamp(scope.now));
            }
        }
        if !was_deleting {
            grow(metadata);
        }
        if finalizers.is_empty() {
            metadata.remove("finalizers");
        } else {
            metadata.insert("finalizers".into(), finalizers.into());
        }
    });
    if is_namespace {
        marked.set(&["status", "phase"], "Terminating".into());
    }
    if marked == stored.object {
        return Ok(Deleted {
            object: stored,
            is_gone: false,
        });
    }
    let object = if scope.dry_run {
        Arc::new(Stored::new(marked, stored.version))
    } else {
        store.put(&key, marked)
    };
    Ok(Deleted {
        object,
        is_gone: false,
    })
}

/// Counts one generation more, where they are counted.
fn grow(metadata: &mut Map<String, Value>) {
    if let Some(generation) = metadata.get("generation").and_then(Value::as_i64) {
        metadata.insert("generation".into(), (generation + 1).into());
    }
}

/// Whether an object waits for nothing any more.
pub fn is_done(key: &Key, object: &Object) -> bool {
    let list = |path: &[&str]| {
        let list = object.at(path).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    };
    let grace = object
        .at(&["metadata", "deletionGracePeriodSeconds"])
        .and_then(Value::as_i64);
    let holds_spec = key.resource.is("", "namespaces") && list(&["spec", "finalizers"]);
    object.at(&["metadata", "deletionTimestamp"]).is_some()
        && !list(&["metadata", "finalizers"])
        && grace.unwrap_or_default() == 0
        && !holds_spec
}

/// Removes an object that only waited for finalizers, once it has none; gives its last state.
pub fn remove_finalizers_done(store: &mut Store, key: &Key) -> Option<Arc<Stored>> {
    let stored = store.at(key)?;
    if is_done(key, &stored.object) {
        store.remove(key)
    } else {
        None
    }
}

fn has_namespace_finalizers(stored: &Stored) -> bool {
    stored
        .object
        .at(&["spec", "finalizers"])
        .and_then(Value::as_array)
        .is_some_and(|finalizers| !finalizers.is_empty())
}

fn check_preconditions(
    scope: &Scope<'_>,
    name: &str,
    stored: &Stored,
    options: &DeleteOptions,
) -> ApiResult<()> {
    // The original names the kind where it means the resource.
    let gvk = &scope.resource.gvk;
    let kind = GroupResource::new(&gvk.group, &gvk.kind);
    let uid = stored.object.uid().unwrap_or_default();
    if let Some(wanted) = &options.uid
        && wanted != uid
    {
        let why = format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        );
        return Err(ApiError::conflict(&kind, name, &why));
    }
    let version = stored.version.to_string();
    if let Some(wanted) = &options.resource_version
        && *wanted != version
    {
        let why = format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        );
        return Err(ApiError::conflict(&kind, name, &why));
    }
    Ok(())
}

enum Grace {
    /// The object goes as soon as nothing holds it.
    None,
    /// Somebody must stop it first, until then.
    Seconds(i64, Timestamp),
    /// It is being stopped already, no later than asked.
    Pending,
}

/// Only pods stop gracefully (`pkg/registry/core/pod/strategy.go`).
fn grace_of(
    resource: &GroupResource,
    stored: &Stored,
    options: &DeleteOptions,
    now: Timestamp,
) -> Grace {
    if !resource.is("", "pods") {
        return Grace::None;
    }
    let object = &stored.object;
    let number = |path: &[&str]| object.at(path).and_then(Value::as_i64);
    // Negative seconds mean one.
    let asked = options
        .grace_period_seconds
        .map(|seconds| if seconds < 0 { 1 } else { seconds });
    let later = |from: Timestamp, seconds: i64| {
        from.checked_add(SignedDuration::from_secs(seconds))
            .unwrap_or(from)
    };
    if stored.is_deleting() {
        let running = number(&["metadata", "deletionGracePeriodSeconds"]).unwrap_or_default();
        return match asked {
            _ if running == 0 => Grace::None,
            Some(0) => Grace::None,
            Some(seconds) if seconds < running => {
                let at = object
                    .at(&["metadata", "deletionTimestamp"])
                    .and_then(Value::as_str)
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(now);
                let at = later(at, seconds - running);
                if at < now {
                    Grace::Seconds(1, now)
                } else {
                    Grace::Seconds(seconds, at)
                }
            }
            _ => Grace::Pending,
        };
    }
    let is_assigned = object
        .at(&["spec", "nodeName"])
        .and_then(Value::as_str)
        .is_some_and(|node| !node.is_empty());
    let phase = object.at(&["status", "phase"]).and_then(Value::as_str);
    if !is_assigned || matches!(phase, Some("Failed" | "Succeeded")) {
        return Grace::None;
    }
    let seconds = asked
        .or_else(|| number(&["spec", "terminationGracePeriodSeconds"]))
        .unwrap_or(POD_GRACE_SECONDS)
        .max(0);
    if seconds == 0 {
        return Grace::None;
    }
    Grace::Seconds(seconds, later(now, seconds))
}

/// The finalizers with those that the propagation asks for.
fn finalizers_after<'a>(
    scope: &Scope<'_>,
    stored: &'a Stored,
    options: &DeleteOptions,
) -> Vec<&'a str> {
    let before = stored.finalizers();
    let rules = strategy::of(scope.resource);
    let wanted = match options.propagation {
        Some(Propagation::Orphan) => Some(ORPHAN),
        Some(Propagation::Foreground) => Some(FOREGROUND),
        Some(Propagation::Background) => None,
        None if before.contains(&ORPHAN) => Some(ORPHAN),
        None if before.contains(&FOREGROUND) => Some(FOREGROUND),
        None if rules.orphans_by_default => Some(ORPHAN),
        None => None,
    };
    let mut after: Vec<&str> = before
        .into_iter()
        .filter(|name| *name != ORPHAN && *name != FOREGROUND)
        .collect();
    after.extend(wanted);
    after
}
