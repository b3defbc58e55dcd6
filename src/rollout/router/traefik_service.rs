//! Traefik's own kind: the weights of `spec.weighted.services`.

use serde_json::Value;

use super::{RouteError, Split};
use crate::object::Object;

/// The kind.
pub const KIND: &str = "TraefikService";

/// The TraefikService with the weights as wanted; other entries stay.
///
/// # Errors
/// [`RouteError`] with the original's words.
pub fn route(split: &Split, live: &Object) -> Result<Object, RouteError> {
    let mut services = live
        .at(&["spec", "weighted", "services"])
        .cloned()
        .unwrap_or_default();
    let Some(entries) = services.as_array_mut() else {
        return Err(RouteError::NoWeighted);
    };
    for (service, weight, missing) in [
        (
            &split.canary_service,
            split.canary,
            RouteError::NoTraefikCanary,
        ),
        (
            &split.stable_service,
            split.stable,
            RouteError::NoTraefikStable,
        ),
    ] {
        let named = |entry: &&mut Value| entry.get("name").and_then(Value::as_str) == Some(service);
        let entry = entries
            .iter_mut()
            .find(named)
            .and_then(Value::as_object_mut);
        entry.ok_or(missing)?.insert("weight".into(), weight.into());
    }
    let mut routed = live.clone();
    routed.set(&["spec", "weighted", "services"], services);
    Ok(routed)
}
