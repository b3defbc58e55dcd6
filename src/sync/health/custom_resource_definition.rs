//! Health of a CustomResourceDefinition.

use serde_json::Value;

use super::health::{Health, condition, word};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    let is = |kind: &str, status: &str| {
        condition(object, kind).filter(|condition| word(condition, "status") == status)
    };
    if is("Terminating", "True").is_some() {
        return Some(Health::progressing("CRD is terminating"));
    }
    let conditions = object.at(&["status", "conditions"]);
    if conditions
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty)
    {
        return Some(Health::progressing("Status conditions not found"));
    }
    if let Some(refused) = is("NamesAccepted", "False") {
        let message = word(refused, "message");
        return Some(Health::degraded(format!(
            "CRD names have not been accepted: {message}"
        )));
    }
    if let Some(refused) = is("NonStructuralSchema", "True") {
        let message = word(refused, "message");
        return Some(Health::degraded(format!(
            "Schema violations found: {message}"
        )));
    }
    Some(match condition(object, "Established") {
        Some(found) if word(found, "status") == "True" => Health::healthy("CRD is healthy"),
        Some(found) if word(found, "reason") == "Installing" => {
            Health::progressing("CRD is being installed")
        }
        _ => Health::degraded("CRD is not established"),
    })
}
