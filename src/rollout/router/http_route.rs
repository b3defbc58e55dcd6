//! The HTTPRoute of the Gateway API: weights of the backends in every rule that names both Services.

use serde_json::Value;

use super::{RouteError, Split};
use crate::object::Object;

/// The kind.
pub const KIND: &str = "HTTPRoute";

/// The route with the weights as wanted; what else stands in it stays.
///
/// # Errors
/// [`RouteError::NoBackend`].
pub fn route(split: &Split, live: &Object) -> Result<Object, RouteError> {
    let mut rules = live.at(&["spec", "rules"]).cloned().unwrap_or_default();
    for (service, weight) in [
        (&split.canary_service, split.canary),
        (&split.stable_service, split.stable),
    ] {
        let mut is_found = false;
        for rule in rules.as_array_mut().into_iter().flatten() {
            let backends = rule.get_mut("backendRefs").and_then(Value::as_array_mut);
            for backend in backends.into_iter().flatten() {
                if backend.get("name").and_then(Value::as_str) == Some(service)
                    && let Some(backend) = backend.as_object_mut()
                {
                    backend.insert("weight".into(), weight.into());
                    is_found = true;
                }
            }
        }
        if !is_found {
            return Err(RouteError::NoBackend(service.clone()));
        }
    }
    let mut routed = live.clone();
    routed.set(&["spec", "rules"], rules);
    Ok(routed)
}
