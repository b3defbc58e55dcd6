//! How the rules of one kind are called.

use super::{ALL, metadata};
use crate::{
    object::Object,
    sandbox::{
        convert::to_version,
        error::Cause,
        registry::Resource,
        write::{Scope, UpdateKind},
    },
};

/// The rules of one kind. Functions get objects as the request has them.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// API group.
    pub group: &'static str,
    /// Name in paths.
    pub plural: &'static str,
    /// Fills in what a new or changed object leaves out; the second is what it was before, if anything.
    pub prepare: fn(&mut Object, Option<&Object>),
    /// What is wrong with the object; the second is what it was before, if anything.
    pub validate: fn(&Object, Option<&Object>) -> Vec<Cause>,
}

fn rules_of(resource: &Resource) -> Option<&'static Rules> {
    if resource.custom {
        return None;
    }
    ALL.iter()
        .find(|rules| rules.group == resource.storage.group && rules.plural == resource.plural)
}

/// Fills in what a new object leaves out.
pub fn prepare_create(scope: &Scope<'_>, object: &mut Object) {
    if let Some(rules) = rules_of(scope.resource) {
        (rules.prepare)(object, None);
    }
}

/// Fills in what a changed object leaves out, and keeps what may not change without a word.
pub fn prepare_update(scope: &Scope<'_>, current: &Object, next: &mut Object) {
    if let Some(rules) = rules_of(scope.resource) {
        (rules.prepare)(next, Some(current));
    }
}

/// What is wrong with a new object.
pub fn validate_create(scope: &Scope<'_>, object: &Object) -> Vec<Cause> {
    let mut causes = metadata::validate(scope, object);
    causes.extend(custom(scope.resource, object));
    if let Some(rules) = rules_of(scope.resource) {
        causes.extend((rules.validate)(object, None));
    }
    causes
}

/// What is wrong with a changed object.
pub fn validate_update(
    scope: &Scope<'_>,
    current: &Object,
    next: &Object,
    kind: UpdateKind,
) -> Vec<Cause> {
    let mut causes = metadata::validate_update(scope, current, next);
    causes.extend(custom(scope.resource, next));
    if let Some(rules) = rules_of(scope.resource)
        && kind == UpdateKind::Main
    {
        causes.extend((rules.validate)(next, Some(current)));
    }
    causes
}

/// What the schema of a custom resource says of an object.
fn custom(resource: &Resource, object: &Object) -> Vec<Cause> {
    resource
        .structural
        .iter()
        .flat_map(|structural| structural.validate(&object.to_value()))
        .map(Cause::from)
        .collect()
}

/// The object as it is kept, from the version of the request.
pub fn to_storage(scope: &Scope<'_>, object: Object) -> Object {
    let storage = &scope.resource.storage;
    if scope.resource.gvk == *storage {
        object
    } else {
        to_version(&object, storage)
    }
}

/// The object in the version of the request, from what is kept.
pub fn from_storage(resource: &Resource, stored: &Object) -> Object {
    to_version(stored, &resource.gvk)
}
