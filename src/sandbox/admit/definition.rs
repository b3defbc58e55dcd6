//! Custom resource definitions: what [`crate::sandbox::crd`] says, wired to the store.

use serde_json::{Value, json};

use super::Rules;
use crate::{
    object::Object,
    sandbox::{
        crd,
        error::Cause,
        gc::DEFINITION_FINALIZER,
        registry::Resource,
        store::{GroupResource, Store},
        write::Scope,
    },
};

/// The rules of definitions.
pub const RULES: Rules = Rules {
    group: "apiextensions.k8s.io",
    plural: "customresourcedefinitions",
    fill: crd::complete,
    prepare,
    validate,
};

fn prepare(object: &mut Object, before: Option<&Object>) {
    match before {
        None => {
            object.remove(&["status"]);
            let mut finalizers = object
                .at(&["metadata", "finalizers"])
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            if !finalizers.contains(&DEFINITION_FINALIZER.into()) {
                finalizers.push(DEFINITION_FINALIZER.into());
            }
            object.set(&["metadata", "finalizers"], finalizers.into());
        }
        Some(before) => {
            let stored = before.at(&["status", "storedVersions"]).cloned();
            object.set(
                &["status", "storedVersions"],
                stored.unwrap_or_else(|| json!([])),
            );
        }
    }
}

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    crd::accept(object, before).err().unwrap_or_default()
}

/// Names and establishes an accepted definition at once, beside all others.
pub fn establish(store: &Store, scope: &Scope<'_>, object: &mut Object) {
    if scope.resource.custom || scope.resource.plural != RULES.plural {
        return;
    }
    let status = {
        let others = store
            .shelf(&GroupResource::new(RULES.group, RULES.plural))
            .into_iter()
            .flat_map(|shelf| shelf.range("", None))
            .map(|(_, stored)| &stored.object);
        crd::established(object, others, scope.now)
    };
    object.set(&["status"], status);
}

/// Sets what a custom object leaves out; nulls that stand for nothing go, unless they are kept.
pub fn set_defaults(resource: &Resource, object: &mut Object, keeps_nulls: bool) {
    if let Some(structural) = &resource.structural {
        let mut value = Value::Object(std::mem::take(object.as_map_mut()));
        if keeps_nulls {
            structural.fill(&mut value);
        } else {
            structural.set_defaults(&mut value);
        }
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
    let mut causes = structural.validate(&object.to_value());
    if let Some(scale) = &resource.scale {
        causes.extend(scaled(object, &scale.spec));
    }
    causes
}

/// What is wrong with the number that `/scale` writes (`ValidateScaleSpec`).
fn scaled(object: &Object, path: &str) -> Option<Cause> {
    let words: Vec<&str> = path.trim_start_matches('.').split('.').collect();
    let value = object.at(&words)?;
    let place = format!(".{}", words.join("."));
    let wrong = |number: i64, why: &str| Some(Cause::invalid(&place, &number.into(), why));
    let kind = match value {
        Value::Number(_) => match value.as_i64() {
            Some(number) if number < 0 => return wrong(number, "should be a non-negative integer"),
            Some(number) if number > i64::from(i32::MAX) => {
                return wrong(number, "should be less than or equal to 2147483647");
            }
            Some(_) => return None,
            None => "float64",
        },
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    };
    let shown = match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    wrong(
        0,
        &format!("{place} accessor error: {shown} is of the type {kind}, expected int64"),
    )
}
