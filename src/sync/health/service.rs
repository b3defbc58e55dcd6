//! Health of a Service.

use serde_json::Value;

use super::health::{Health, text};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    let is_balanced = text(object, &["spec", "type"]) == "LoadBalancer";
    Some(if is_balanced && !has_ingress(object) {
        Health::progressing("")
    } else {
        Health::healthy("")
    })
}

/// Whether a balancer has an address, even an empty one.
pub(super) fn has_ingress(object: &Object) -> bool {
    object
        .at(&["status", "loadBalancer", "ingress"])
        .and_then(Value::as_array)
        .is_some_and(|ingress| !ingress.is_empty())
}
