//! How the rules of one kind are called.

use super::{ALL, event, metadata};
use crate::{
    object::Object,
    sandbox::{
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

fn is_other_event(resource: &Resource) -> bool {
    resource.gvk.group == "events.k8s.io" && resource.storage.group.is_empty()
}

/// The object as it is kept, from the version of the request.
pub fn to_storage(scope: &Scope<'_>, mut object: Object) -> Object {
    let storage = &scope.resource.storage;
    if is_other_event(scope.resource) {
        event::to_core(&mut object);
    }
    object.set(&["apiVersion"], storage.api_version().into());
    object.set(&["kind"], storage.kind.as_str().into());
    object
}

/// The object in the version of the request, from what is kept.
pub fn from_storage(resource: &Resource, stored: &Object) -> Object {
    let mut object = stored.clone();
    if is_other_event(resource) {
        event::from_core(&mut object);
    }
    object.set(&["apiVersion"], resource.gvk.api_version().into());
    object.set(&["kind"], resource.gvk.kind.as_str().into());
    object
}
