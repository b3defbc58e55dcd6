//! How much traffic the canary gets now.

use serde_json::json;

use super::{pass::Pass, replica_set, router};
use crate::plan::Effect;

/// Sets the weights of all routers, and notes them.
///
/// # Errors
/// What a router cannot do.
pub fn route(pass: &mut Pass<'_>) -> Result<(), router::RouteError> {
    if !pass.is_routed() {
        if let Some(canary) = pass
            .status
            .get_mut("canary")
            .and_then(serde_json::Value::as_object_mut)
        {
            canary.remove("weights");
        }
        return Ok(());
    }
    let weight = wanted(pass);
    let max = pass.canary.max_weight();
    let split = router::Split {
        canary_service: pass.canary.canary_service.clone().unwrap_or_default(),
        stable_service: pass.canary.stable_service.clone().unwrap_or_default(),
        canary: weight,
        stable: max - weight,
    };
    let before = pass.weights().map_or(0, |weights| weights.canary);
    for target in router::needs(pass.rollout(), &pass.canary)? {
        let live = pass
            .snapshot
            .object(&target)
            .ok_or_else(|| router::RouteError::Missing(target.clone()))?;
        let routed = router::route(&split, live)?;
        if &routed != live {
            pass.effects.push(Effect::Replace(routed));
        }
    }
    if before != weight {
        pass.event(
            "TrafficWeightUpdated",
            format!("Traffic weight updated from {before} to {weight}"),
        );
    }
    let stable_hash = pass.text("stableRS").to_owned();
    let canary_hash = if pass.is_aborted() {
        stable_hash.clone()
    } else {
        pass.hash.clone()
    };
    let side = |weight: i64, service: &str, hash: &str| json!({"weight": weight, "serviceName": service, "podTemplateHash": hash});
    let weights = json!({
        "canary": side(weight, &split.canary_service, &canary_hash),
        "stable": side(split.stable, &split.stable_service, &stable_hash),
    });
    let canary = pass.status.entry("canary").or_insert_with(|| json!({}));
    if let Some(canary) = canary.as_object_mut() {
        canary.insert("weights".into(), weights);
    }
    Ok(())
}

/// The weight that the canary shall have: not before its pods are there, and none where none is available.
fn wanted(pass: &Pass<'_>) -> i64 {
    let available = pass
        .new_set
        .map_or(0, |set| replica_set::pods(set).available);
    let current = pass.weights().map_or(0, |weights| weights.canary);
    if pass.stable_set.is_none() || pass.is_promoted() {
        return 0;
    }
    if pass.is_aborted() {
        if !pass.canary.dynamic_stable_scale {
            return 0;
        }
        let (max, replicas) = (pass.canary.max_weight(), pass.spec.replicas().max(1));
        let stable = pass
            .stable_set
            .map_or(0, |set| replica_set::pods(set).available);
        return (max - (max * stable).div_euclid(replicas)).clamp(0, current);
    }
    if available == 0 {
        return 0;
    }
    let (index, steps) = (pass.index().unwrap_or(0), pass.canary.steps());
    if pass.is_at_counts() {
        return pass.step_weight();
    }
    if index >= steps.len() || pass.flag("promoteFull") {
        return current;
    }
    steps
        .iter()
        .take(index)
        .rev()
        .find_map(|step| step.set_weight)
        .unwrap_or(0)
}
