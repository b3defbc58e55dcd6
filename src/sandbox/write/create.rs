//! Creating (`pkg/registry/rest/create.go`, `registry/generic/registry/store.go`).

use std::sync::Arc;

use serde_json::Value;

use super::{UpdateKind, managed::settle, meta::timestamp, scope::Scope};
use crate::{
    object::Object,
    sandbox::{
        admit, chance,
        error::{ApiError, ApiResult},
        store::{Store, Stored},
        strategy::{self, Generation},
    },
};

/// How often a generated name is tried.
const NAME_ATTEMPTS: usize = 8;

/// Creates an object: fills in what the server gives, checks it, and keeps it.
///
/// # Errors
/// The name is taken, the namespace is missing or going, or a rule is broken.
pub fn create(store: &mut Store, scope: &Scope<'_>, mut object: Object) -> ApiResult<Arc<Stored>> {
    if object
        .resource_version()
        .is_some_and(|version| !version.is_empty() && version != "0")
    {
        return Err(ApiError::unknown(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    match_namespace(scope, &mut object)?;
    admit::namespace::check_open(store, scope, object.name())?;
    fill_metadata(scope, &mut object);
    let generated = name_it(store, scope, &mut object)?;
    admit::fill(scope, &mut object);
    settle(scope, UpdateKind::Main, None, &mut object);
    admit::prepare_create(scope, &mut object);
    fill_from_store(store, scope, &mut object);
    let causes = admit::validate_create(scope, &object);
    if !causes.is_empty() {
        // The original names the kind that all versions are turned into.
        let gvk = &scope.resource.storage;
        return Err(ApiError::invalid(
            &gvk.group,
            &gvk.kind,
            object.name(),
            &causes,
        ));
    }
    let key = scope.key(object.name());
    if let Some(existing) = store.at(&key) {
        let mut error = if generated {
            ApiError::generate_name_conflict(&scope.named(), object.name())
        } else {
            ApiError::already_exists(&scope.named(), object.name())
        };
        if existing
            .object
            .at(&["metadata", "deletionTimestamp"])
            .is_some()
        {
            error.message.insert_str(0, "object is being deleted: ");
        }
        return Err(error);
    }
    let object = admit::to_storage(scope, object);
    if scope.dry_run {
        return Ok(Arc::new(Stored::new(object, store.version())));
    }
    Ok(store.put(&key, object))
}

/// Takes the namespace of the request over, or refuses another one.
pub(super) fn match_namespace(scope: &Scope<'_>, object: &mut Object) -> ApiResult<()> {
    match object.namespace() {
        None if scope.resource.namespaced => {
            object.set(&["metadata", "namespace"], scope.namespace.into());
        }
        Some(namespace) if namespace != scope.namespace => {
            return Err(ApiError::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        _ => {}
    }
    Ok(())
}

/// What depends on other objects: addresses of Services, names of definitions.
pub(super) fn fill_from_store(store: &Store, scope: &Scope<'_>, object: &mut Object) {
    if scope.shelf().is("", "services") {
        admit::service::allocate(store, object);
    }
    admit::definition::establish(store, scope, object);
}

fn fill_metadata(scope: &Scope<'_>, object: &mut Object) {
    for field in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "resourceVersion",
        "selfLink",
    ] {
        object.remove(&["metadata", field]);
    }
    object.set(&["metadata", "uid"], chance::uid().into());
    object.set(&["metadata", "creationTimestamp"], timestamp(scope.now));
    // Where it is not counted, it is kept as it is given.
    if strategy::of(scope.resource).generation != Generation::None {
        object.set(&["metadata", "generation"], Value::from(1));
    }
}

/// Gives the object its name if it asks for one; tells whether it did.
fn name_it(store: &Store, scope: &Scope<'_>, object: &mut Object) -> ApiResult<bool> {
    if !object.name().is_empty() {
        return Ok(false);
    }
    let Some(base) = object
        .at(&["metadata", "generateName"])
        .and_then(Value::as_str)
        .filter(|base| !base.is_empty())
        .map(str::to_owned)
    else {
        return Ok(false);
    };
    let mut name = chance::name(&base);
    for _ in 1..NAME_ATTEMPTS {
        if store.at(&scope.key(&name)).is_none() {
            break;
        }
        name = chance::name(&base);
    }
    object.set(&["metadata", "name"], name.into());
    Ok(true)
}
