//! How many pods an update may add and miss.

use serde_json::Value;

use crate::{object::Object, workload::field};

/// What `maxSurge` and `maxUnavailable` are where nobody says.
const DEFAULT_FENCE: &str = "25%";

/// Whether pods are replaced step by step.
pub(super) fn is_rolling(deployment: &Object) -> bool {
    field::text(deployment, &["spec", "strategy", "type"]) != "Recreate"
}

/// How many replicas are wanted.
pub(super) fn replicas(deployment: &Object) -> i64 {
    field::int(deployment, &["spec", "replicas"], 1)
}

/// How many pods there may be above the wanted number.
pub(super) fn max_surge(deployment: &Object) -> i64 {
    if is_rolling(deployment) {
        fences(deployment).0
    } else {
        0
    }
}

/// How many of the wanted pods may be unavailable.
pub(super) fn max_unavailable(deployment: &Object) -> i64 {
    let replicas = replicas(deployment);
    if !is_rolling(deployment) || replicas == 0 {
        0
    } else {
        fences(deployment).1.min(replicas)
    }
}

/// Surge rounded up, unavailable rounded down; never both nothing (`ResolveFenceposts`).
fn fences(deployment: &Object) -> (i64, i64) {
    let wanted = replicas(deployment);
    let read = |name: &str, up: bool| {
        let absent = Value::from(DEFAULT_FENCE);
        let value = deployment
            .at(&["spec", "strategy", "rollingUpdate", name])
            .filter(|value| !value.is_null())
            .unwrap_or(&absent);
        scaled(value, wanted, up)
    };
    match (read("maxSurge", true), read("maxUnavailable", false)) {
        (Some(0), Some(0)) => (0, 1),
        (Some(surge), Some(unavailable)) => (surge, unavailable),
        _ => (0, 0),
    }
}

/// A number, or a percentage of the whole (`GetScaledValueFromIntOrPercent`).
pub fn scaled(value: &Value, whole: i64, up: bool) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let percent: i64 = value.as_str()?.strip_suffix('%')?.parse().ok()?;
    let product = percent.checked_mul(whole)?;
    Some(if up {
        product.checked_add(99)?.div_euclid(100)
    } else {
        product.div_euclid(100)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fences_round_as_upstream() {
        for (surge, unavailable, replicas, expected) in [
            (json!(null), json!(null), 4, (1, 1)),
            (json!(null), json!(null), 3, (1, 0)),
            (json!("25%"), json!("25%"), 10, (3, 2)),
            (json!("1%"), json!("1%"), 10, (1, 0)),
            (json!(0), json!("5%"), 10, (0, 1)),
            (json!(2), json!(20), 10, (2, 10)),
            (json!("100%"), json!("0%"), 3, (3, 0)),
        ] {
            let deployment = Object::from_value(
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {
                "replicas": replicas, "strategy": {"type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}}}),
            )
            .unwrap();
            assert_eq!(
                (max_surge(&deployment), max_unavailable(&deployment)),
                expected,
                "{surge} {unavailable} of {replicas}"
            );
        }
    }

    #[test]
    fn recreate_has_no_fences() {
        let deployment = Object::from_value(json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "spec": {"replicas": 3, "strategy": {"type": "Recreate"}}}))
        .unwrap();
        assert_eq!(
            (max_surge(&deployment), max_unavailable(&deployment)),
            (0, 0)
        );
    }
}
