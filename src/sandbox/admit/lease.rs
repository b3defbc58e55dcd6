//! Leases (`pkg/apis/coordination/validation`).

use serde_json::Value;

use super::Rules;
use crate::{object::Object, sandbox::error::Cause};

/// The rules of Leases.
pub const RULES: Rules = Rules {
    group: "coordination.k8s.io",
    plural: "leases",
    fill: |_| {},
    prepare: |_, _| {},
    validate,
};

fn validate(object: &Object, _before: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (field, least, detail) in [
        ("leaseDurationSeconds", 1, "must be greater than 0"),
        ("leaseTransitions", 0, "must be greater than or equal to 0"),
    ] {
        if let Some(number) = object.at(&["spec", field]).and_then(Value::as_i64)
            && number < least
        {
            causes.push(Cause::invalid(
                format!("spec.{field}"),
                &number.into(),
                detail,
            ));
        }
    }
    let text = |field: &str| object.at(&["spec", field]).and_then(Value::as_str);
    let holder = text("preferredHolder").unwrap_or_default();
    if !holder.is_empty() && text("strategy").unwrap_or_default().is_empty() {
        causes.push(Cause::forbidden(
            "spec.preferredHolder",
            "may only be specified if `strategy` is defined",
        ));
    }
    causes
}
