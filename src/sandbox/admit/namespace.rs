//! Namespaces: their own rules, and whether anything may be created in one
//! (`plugin/namespace/lifecycle/admission.go`).

use serde_json::{Value, json};

use super::Rules;
use crate::{
    object::Object,
    sandbox::{
        error::{ApiError, ApiResult},
        store::{GroupResource, Place, Store},
        write::Scope,
    },
};

/// The rules of Namespaces.
pub const RULES: Rules = Rules {
    group: "",
    plural: "namespaces",
    fill,
    prepare,
    validate: |_, _| Vec::new(),
};

/// Label that every namespace gets, with its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

fn fill(object: &mut Object) {
    let name = object.name().to_owned();
    if !name.is_empty() {
        object.set(&["metadata", "labels", NAME_LABEL], name.into());
    }
}

fn prepare(object: &mut Object, before: Option<&Object>) {
    match before {
        None => {
            object.set(&["spec"], json!({"finalizers": ["kubernetes"]}));
            object.set(&["status"], json!({"phase": "Active"}));
        }
        Some(before) => {
            if let Some(finalizers) = before.at(&["spec", "finalizers"]) {
                object.set(&["spec", "finalizers"], finalizers.clone());
            } else {
                object.set(&["spec"], json!({}));
            }
        }
    }
}

/// Whether objects may be created in the namespace of a request.
///
/// # Errors
/// It is missing, or is being deleted.
pub fn check_open(store: &Store, scope: &Scope<'_>, name: &str) -> ApiResult<()> {
    if !scope.resource.namespaced {
        return Ok(());
    }
    let namespaces = GroupResource::new("", "namespaces");
    let Some(namespace) = store.get(&namespaces, &Place::new("", scope.namespace)) else {
        return Err(ApiError::not_found(&namespaces, scope.namespace));
    };
    let phase = namespace
        .object
        .at(&["status", "phase"])
        .and_then(Value::as_str);
    if phase != Some("Terminating") && !namespace.is_deleting() {
        return Ok(());
    }
    let this = scope.namespace;
    let why =
        format!("unable to create new content in namespace {this} because it is being terminated");
    let cause = json!({
        "reason": "NamespaceTerminating",
        "message": format!("namespace {this} is being terminated"),
        "field": "metadata.namespace",
    });
    Err(ApiError::forbidden(&scope.named(), name, &why).with_causes(json!([cause])))
}
