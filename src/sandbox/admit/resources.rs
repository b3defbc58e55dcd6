//! Amounts that containers ask for (`validateResourceRequirements` of `pkg/apis/core/validation`).

use std::cmp::Ordering;

use serde_json::Value;

use crate::{object::quantity, sandbox::error::Cause};

/// What is wrong with requests and limits at a path.
pub fn validate(resources: &Value, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let amounts = |part: &str| {
        let map = resources.get(part).and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .filter_map(|(name, amount)| Some((name.as_str(), amount.as_str()?)))
    };
    for part in ["limits", "requests"] {
        for (name, amount) in amounts(part) {
            if quantity::compare(amount, "0") == Some(Ordering::Less) {
                causes.push(Cause::invalid(
                    format!("{path}.{part}[{name}]"),
                    &amount.into(),
                    "must be greater than or equal to 0",
                ));
            }
        }
    }
    for (name, request) in amounts("requests") {
        let Some((_, limit)) = amounts("limits").find(|(limited, _)| *limited == name) else {
            continue;
        };
        if quantity::compare(request, limit) == Some(Ordering::Greater) {
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(Cause::invalid(
                format!("{path}.requests"),
                &request.into(),
                &detail,
            ));
        }
    }
    causes
}
