//! Custom resource definitions, and the objects that they define.

use serde_json::{Value, json};

use super::Rules;
use crate::{
    object::Object,
    sandbox::{
        crd,
        error::Cause,
        registry::Resource,
        store::{GroupResource, Store},
        write::Scope,
    },
};

/// Finalizer of a definition: its objects go before it.
const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// The rules of definitions.
pub const RULES: Rules = Rules {
    group: "apiextensions.k8s.io",
    plural: "customresourcedefinitions",
    prepare,
    validate,
};

fn prepare(definition: &mut Object, _old: Option<&Object>) {
    crd::complete(definition);
}

fn validate(definition: &Object, old: Option<&Object>) -> Vec<Cause> {
    let found = crd::accept(definition, old).err().unwrap_or_default();
    found.into_iter().map(Cause::from).collect()
}

/// Establishes a definition that is about to be kept: a cluster does so a moment later.
pub fn establish(store: &Store, scope: &Scope<'_>, definition: &mut Object) {
    let resource = GroupResource::new(RULES.group, RULES.plural);
    if scope.shelf() != resource {
        return;
    }
    let shelf = store.shelf(&resource);
    let others = shelf
        .into_iter()
        .flat_map(|shelf| shelf.range("", None))
        .map(|(_, stored)| &stored.object);
    let status = crd::established(definition, others, scope.now);
    definition.set(&["status"], status);
    let path = ["metadata", "finalizers"];
    let is_going = definition.at(&["metadata", "deletionTimestamp"]).is_some();
    if !is_going && definition.at(&path).is_none() {
        definition.set(&path, json!([FINALIZER]));
    }
}

/// Sets what a custom object leaves out.
pub fn set_defaults(resource: &Resource, object: &mut Object) {
    if let Some(structural) = &resource.structural {
        let mut value = Value::Object(std::mem::take(object.as_map_mut()));
        structural.set_defaults(&mut value);
        if let Value::Object(map) = value {
            *object.as_map_mut() = map;
        }
    }
}

/// What is wrong with a custom object.
pub fn validate_custom(resource: &Resource, object: &Object) -> Vec<Cause> {
    let Some(structural) = &resource.structural else {
        return Vec::new();
    };
    let found = structural.validate(&object.to_value());
    found.into_iter().map(Cause::from).collect()
}
