//! Metadata of any kind (`k8s.io/apimachinery/pkg/api/validation/objectmeta.go`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::name;
use crate::{
    object::{
        Object,
        name::{label_key_errors, label_value_errors},
    },
    sandbox::{decode::struct_json, error::Cause, strategy, write::Scope},
};

/// The most bytes of all annotations together.
pub const MAX_ANNOTATIONS: usize = 256 << 10;

/// Groups that do not look at finalizers as the core group and most others do.
const GENERIC: [&str; 4] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "coordination.k8s.io",
];
/// Finalizers that need no domain.
const STANDARD_FINALIZERS: [&str; 3] = ["foregroundDeletion", "kubernetes", "orphan"];

const IMMUTABLE: &str = "field is immutable";

/// What is wrong with the metadata of a new object.
pub fn validate(scope: &Scope<'_>, object: &Object) -> Vec<Cause> {
    let rule = strategy::of(scope.resource).name;
    let mut causes = Vec::new();
    let mut add = |field: &str, text: &str, wrong: Vec<String>| {
        let value = Value::from(text);
        causes.extend(
            wrong
                .iter()
                .map(|detail| Cause::invalid(format!("metadata.{field}"), &value, detail)),
        );
    };
    if let Some(base) = object
        .at(&["metadata", "generateName"])
        .and_then(Value::as_str)
        && !base.is_empty()
    {
        add("generateName", base, name::check(rule, base, true));
    }
    if object.name().is_empty() {
        causes.push(Cause::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else {
        let text = object.name();
        add("name", text, name::check(rule, text, false));
    }
    if scope.resource.namespaced {
        match object.namespace() {
            None => causes.push(Cause::required("metadata.namespace", "")),
            Some(namespace) => {
                for detail in name::label(namespace) {
                    causes.push(Cause::invalid(
                        "metadata.namespace",
                        &namespace.into(),
                        &detail,
                    ));
                }
            }
        }
    } else if object.namespace().is_some() {
        causes.push(Cause::forbidden(
            "metadata.namespace",
            "not allowed on this type",
        ));
    }
    causes.extend(common(scope, object));
    causes
}

/// What is wrong with the metadata of a changed object.
///
/// Of a custom kind the original checks once more what it has checked for all kinds, and tells it again
/// (`customresource/validator.go`).
pub fn validate_update(scope: &Scope<'_>, current: &Object, next: &Object) -> Vec<Cause> {
    let mut causes = common(scope, next);
    let changed = changed(scope, current, next);
    if scope.resource.custom {
        for _ in 0..2 {
            causes.extend(changed.iter().cloned());
            causes.extend(described(next));
        }
    } else {
        causes.extend(changed);
    }
    causes
}

/// What of the metadata may not become something else.
fn changed(scope: &Scope<'_>, current: &Object, next: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if current.at(&["metadata", "deletionTimestamp"]).is_some() {
        let before: BTreeSet<&str> = texts(current, "finalizers").collect();
        let extra: BTreeSet<&str> = texts(next, "finalizers")
            .filter(|finalizer| !before.contains(finalizer))
            .collect();
        if !extra.is_empty() {
            let extra: Vec<String> = extra.iter().map(|text| format!("{text:?}")).collect();
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                extra.join(", ")
            );
            causes.push(Cause::forbidden("metadata.finalizers", &detail));
        }
    }
    if next.name() != current.name() {
        causes.push(Cause::invalid(
            "metadata.name",
            &next.name().into(),
            IMMUTABLE,
        ));
    }
    if scope.resource.namespaced && next.namespace() != current.namespace() {
        let value = next.namespace().unwrap_or_default().into();
        causes.push(Cause::invalid("metadata.namespace", &value, IMMUTABLE));
    }
    causes
}

fn texts<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a str> {
    object
        .at(&["metadata", field])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn common(scope: &Scope<'_>, object: &Object) -> Vec<Cause> {
    let mut causes = described(object);
    causes.extend(finalizers(scope, object));
    causes
}

/// What is wrong with labels, annotations and owners.
fn described(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (label, value) in object.labels() {
        for detail in label_key_errors(label) {
            causes.push(Cause::invalid("metadata.labels", &label.into(), &detail));
        }
        for detail in label_value_errors(value) {
            causes.push(Cause::invalid("metadata.labels", &value.into(), &detail));
        }
    }
    let mut size = 0;
    for (annotation, value) in object.annotations() {
        // Upper case is fine in the prefix of an annotation.
        for detail in label_key_errors(&annotation.to_lowercase()) {
            causes.push(Cause::invalid(
                "metadata.annotations",
                &annotation.into(),
                &detail,
            ));
        }
        size += annotation.len() + value.len();
    }
    if size > MAX_ANNOTATIONS {
        causes.push(Cause::too_long("metadata.annotations", MAX_ANNOTATIONS));
    }
    causes.extend(owners(object));
    causes
}

fn finalizers(scope: &Scope<'_>, object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    for finalizer in texts(object, "finalizers") {
        for detail in label_key_errors(finalizer) {
            causes.push(Cause::invalid(
                "metadata.finalizers",
                &finalizer.into(),
                &detail,
            ));
        }
    }
    if !scope.resource.custom && !GENERIC.contains(&scope.resource.gvk.group.as_str()) {
        for (index, finalizer) in texts(object, "finalizers").enumerate() {
            if !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer) {
                causes.push(Cause::invalid(
                    format!("metadata.finalizers[{index}]"),
                    &finalizer.into(),
                    "name is neither a standard finalizer name nor is it fully qualified",
                ));
            }
        }
    }
    let has = |wanted: &str| texts(object, "finalizers").any(|finalizer| finalizer == wanted);
    if has("orphan") && has("foregroundDeletion") {
        let list = object
            .at(&["metadata", "finalizers"])
            .cloned()
            .unwrap_or_default();
        causes.push(Cause::invalid(
            "metadata.finalizers",
            &list,
            "finalizer orphan and foregroundDeletion cannot be both set",
        ));
    }
    causes
}

fn owners(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut controller: Option<String> = None;
    let list = object.at(&["metadata", "ownerReferences"]);
    for (index, owner) in list
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        let path = format!("metadata.ownerReferences[{index}]");
        let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(field).is_empty() {
                causes.push(Cause::required(
                    format!("{path}.{field}"),
                    "must not be empty",
                ));
            }
        }
        if text("apiVersion") == "v1" && text("kind") == "Event" {
            causes.push(Cause::invalid(
                path,
                owner,
                "/v1, Kind=Event is disallowed from being an owner",
            ));
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let this = format!("{}/{}", text("kind"), text("name"));
            match &controller {
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    let list = list.cloned().unwrap_or_default();
                    let shown = struct_json("meta/v1.OwnerReference", &list);
                    causes.push(Cause::invalid_as(
                        "metadata.ownerReferences",
                        &shown,
                        &detail,
                    ));
                }
                None => controller = Some(this),
            }
        }
    }
    causes
}
