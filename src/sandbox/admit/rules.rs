//! How the rules of one kind are called.

use super::{ALL, definition, metadata, workload};
use crate::{
    object::{Gvk, Object},
    sandbox::{
        convert::to_version,
        decode::{complete, drop_empty},
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
    /// Fills in what the writer leaves out, as his own words; beyond what [`complete`] knows of types.
    pub fill: fn(&mut Object),
    /// What the server makes of a new or changed object; the second is what it was before, if anything.
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

/// Fills in what an object leaves out that somebody wrote: it is taken as if he had written it.
pub fn fill(scope: &Scope<'_>, object: &mut Object) {
    if !scope.resource.custom {
        complete(&scope.resource.gvk, object.as_map_mut());
    }
    if let Some(rules) = rules_of(scope.resource) {
        (rules.fill)(object);
    }
    definition::set_defaults(scope.resource, object, scope.writer.is_settled);
}

/// Makes of an object what the server wants a new one to be; its status begins empty.
pub fn prepare_create(scope: &Scope<'_>, object: &mut Object) {
    // Only nodes are made by those who know their status.
    if scope.resource.has_status && scope.resource.plural != "nodes" {
        object.remove(&["status"]);
    }
    if let Some(rules) = rules_of(scope.resource) {
        (rules.prepare)(object, None);
    }
    // What is kept is filled in when it is read.
    fill(scope, object);
}

/// Makes of an object what the server wants a changed one to be.
pub fn prepare_update(scope: &Scope<'_>, current: &Object, next: &mut Object) {
    if let Some(rules) = rules_of(scope.resource) {
        (rules.prepare)(next, Some(current));
    }
    fill(scope, next);
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
    if kind == UpdateKind::Status && !scope.resource.custom {
        causes.extend(workload::validate_status(next));
    }
    causes.extend(definition::validate_custom(scope.resource, next));
    causes
}

/// The object as it is kept, from the version of the request.
pub fn to_storage(scope: &Scope<'_>, object: Object) -> Object {
    converted(object, &scope.resource.storage)
}

/// The object in the version of the request, from what is kept.
pub fn from_storage(resource: &Resource, stored: &Object) -> Object {
    converted(stored.clone(), &resource.gvk)
}

fn converted(object: Object, to: &Gvk) -> Object {
    if object.gvk() == *to {
        return object;
    }
    let mut converted = to_version(&object, to);
    // Of a custom kind no Go type is known.
    drop_empty(to, converted.as_map_mut());
    complete(to, converted.as_map_mut());
    converted
}
