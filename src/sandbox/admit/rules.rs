//! How the rules of one kind are called.

use super::{ALL, definition, metadata};
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
    definition::set_defaults(scope.resource, object, scope.writer.is_settled);
}

/// Fills in what a changed object leaves out, and keeps what may not change without a word.
pub fn prepare_update(scope: &Scope<'_>, current: &Object, next: &mut Object) {
    if let Some(rules) = rules_of(scope.resource) {
        (rules.prepare)(next, Some(current));
    }
    definition::set_defaults(scope.resource, next, scope.writer.is_settled);
}

/// What is wrong with a new object.
pub fn validate_create(scope: &Scope<'_>, object: &Object) -> Vec<Cause> {
    let mut causes = metadata::validate(scope, object);
    if let Some(rules) = rules_of(scope.resource) {
        causes.extend((rules.validate)(object, None));
    }
    causes.extend(definition::validate_custom(scope.resource, object));
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
    if let Some(rules) = rules_of(scope.resource)
        && kind == UpdateKind::Main
    {
        causes.extend((rules.validate)(next, Some(current)));
    }
    causes.extend(definition::validate_custom(scope.resource, next));
    causes
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
