//! Updating (`pkg/registry/rest/update.go`).

use std::sync::Arc;

use serde_json::Value;

use super::{
    create::{create, fill_from_store, match_namespace},
    delete::is_done,
    managed::settle,
    scope::Scope,
    status::take_over,
    with_status_of,
};
use crate::{
    object::{Object, patch::managed::without_new_times},
    sandbox::{
        admit,
        error::{ApiError, ApiResult, Cause},
        store::{Store, Stored},
        strategy::{self, Generation},
    },
};

/// Which part of an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// All but the status, if that is written by itself.
    Main,
    /// The status.
    Status,
    /// All, by the server itself or through `namespaces/finalize`.
    Whole,
}

/// Writes an object over the stored one; tells whether it made a new one.
///
/// # Errors
/// It is not there, was changed meanwhile, or a rule is broken.
pub fn update(
    store: &mut Store,
    scope: &Scope<'_>,
    name: &str,
    mut given: Object,
    kind: UpdateKind,
) -> ApiResult<(Arc<Stored>, bool)> {
    let rules = strategy::of(scope.resource);
    if given.name().is_empty() {
        given.set(&["metadata", "name"], name.into());
    }
    match_namespace(scope, &mut given)?;
    let key = scope.key(name);
    let Some(stored) = store.at(&key) else {
        if rules.creates_on_update && kind == UpdateKind::Main {
            given.remove(&["metadata", "resourceVersion"]);
            return create(store, scope, given).map(|stored| (stored, true));
        }
        return Err(ApiError::not_found(&scope.named(), name));
    };
    let current = admit::from_storage(scope.resource, &stored.object);
    check_version(scope, name, &given, &stored, rules.updates_unconditionally)?;
    let has_other_uid = given
        .uid()
        .filter(|uid| !uid.is_empty() && Some(*uid) != stored.object.uid())
        .map(str::to_owned);
    let mut next = match kind {
        UpdateKind::Status => {
            let mut merged = with_status_of(scope.resource, &current, &given);
            if scope.writer.is_settled {
                take_over(&mut merged, &given, &["metadata", "managedFields"]);
            }
            merged
        }
        UpdateKind::Main | UpdateKind::Whole => given,
    };
    carry_metadata(&current, &mut next);
    if kind == UpdateKind::Main {
        if scope.resource.has_status {
            match current.at(&["status"]) {
                Some(status) => next.set(&["status"], status.clone()),
                None => {
                    next.remove(&["status"]);
                }
            }
        }
        admit::fill(scope, &mut next);
        settle(scope, kind, Some(&current), &mut next);
        admit::prepare_update(scope, &current, &mut next);
        fill_from_store(store, scope, &mut next);
    } else {
        settle(scope, kind, Some(&current), &mut next);
    }
    without_new_times(current.as_map(), next.as_map_mut());
    grow_generation(rules.generation, &current, &mut next, kind);
    let mut causes = admit::validate_update(scope, &current, &next, kind);
    if let Some(uid) = has_other_uid {
        let cause = Cause::invalid("metadata.uid", &uid.into(), "field is immutable");
        causes.insert(0, cause);
    }
    if !causes.is_empty() {
        let gvk = &scope.resource.storage;
        return Err(ApiError::invalid(&gvk.group, &gvk.kind, name, &causes));
    }
    let next = admit::to_storage(scope, next);
    if next == stored.object {
        return Ok((stored, false));
    }
    if scope.dry_run {
        return Ok((Arc::new(Stored::new(next, stored.version)), false));
    }
    if is_done(&key, &next) {
        // The last state is shown, not kept.
        store.remove(&key);
        return Ok((Arc::new(Stored::new(next, stored.version)), false));
    }
    Ok((store.put(&key, next), false))
}

/// Refuses to write a whole object over one of the same name that is another.
///
/// # Errors
/// The uid is that of another object.
pub fn check_uid(store: &Store, scope: &Scope<'_>, name: &str, given: &Object) -> ApiResult<()> {
    let Some(stored) = store.at(&scope.key(name)) else {
        return Ok(());
    };
    let uid = stored.object.uid().unwrap_or_default();
    match given.uid().filter(|wanted| !wanted.is_empty()) {
        Some(wanted) if wanted != uid => {
            let key = scope.storage_key(name);
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: \
                 Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}"
            );
            Err(ApiError::conflict(&scope.named(), name, &why))
        }
        _ => Ok(()),
    }
}

fn check_version(
    scope: &Scope<'_>,
    name: &str,
    given: &Object,
    stored: &Stored,
    unconditional: bool,
) -> ApiResult<()> {
    let given = given
        .resource_version()
        .filter(|version| !version.is_empty() && *version != "0");
    if let Some(version) = given
        && version.parse::<u64>().is_err()
    {
        let why = format!("strconv.ParseUint: parsing {version:?}: invalid syntax");
        return Err(ApiError::unknown(why));
    }
    match given {
        None if unconditional => Ok(()),
        None => Err(ApiError::invalid(
            // The original names the resource where it means the kind.
            &scope.resource.gvk.group,
            &scope.resource.plural,
            name,
            &[Cause::invalid(
                "metadata.resourceVersion",
                &Value::from(0),
                "must be specified for an update",
            )],
        )),
        Some(version) if version == stored.version.to_string() => Ok(()),
        Some(_) => Err(ApiError::stale(&scope.named(), name)),
    }
}

/// What no writer may change, or need not repeat.
fn carry_metadata(current: &Object, next: &mut Object) {
    for field in [
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "resourceVersion",
    ] {
        match current.at(&["metadata", field]) {
            Some(value) => next.set(&["metadata", field], value.clone()),
            None => {
                next.remove(&["metadata", field]);
            }
        }
    }
    next.remove(&["metadata", "selfLink"]);
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let is_empty = next.at(&["metadata", field]).is_some_and(|value| {
            value.is_null()
                || *value == Value::Array(Vec::new())
                || value.as_object().is_some_and(serde_json::Map::is_empty)
        });
        if is_empty {
            next.remove(&["metadata", field]);
        }
    }
}

fn grow_generation(rule: Generation, current: &Object, next: &mut Object, kind: UpdateKind) {
    if rule == Generation::None || kind == UpdateKind::Status {
        return;
    }
    let content = |object: &Object| {
        let mut map = object.as_map().clone();
        map.remove("metadata");
        map.remove("apiVersion");
        if rule == Generation::Spec {
            map.remove("status");
        }
        map
    };
    // Annotations say how a Deployment is rolled out (`deployment/strategy.go`).
    let is_told = current.kind() == "Deployment"
        && current.api_version() == "apps/v1"
        && current.annotations() != next.annotations();
    if is_told || content(current) != content(next) {
        let generation = current.generation().unwrap_or_default() + 1;
        next.set(&["metadata", "generation"], generation.into());
    }
}
