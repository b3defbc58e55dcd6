//! How much traffic the canary gets now (upstream `rollout/trafficrouting.go`).

use serde_json::json;

use super::{
    canary,
    pass::Pass,
    replica_set,
    router::{self, RouteError},
    service,
};
use crate::plan::Effect;

/// Sets the weights of all routers, and notes them.
///
/// # Errors
/// What a router cannot do.
pub fn route(pass: &mut Pass<'_>) -> Result<(), RouteError> {
    if !pass.is_routed() {
        pass.put_canary("weights", None);
        return Ok(());
    }
    let left = pass.going_back();
    let weight = wanted(pass, left.is_some());
    if pass.is_aborted()
        && !pass.is_promoted()
        && (weight == 0 || !pass.canary.dynamic_stable_scale)
    {
        service::point_back(pass);
    }
    let max = pass.canary.max_weight();
    if !is_carried(pass, max - weight) {
        return Ok(());
    }
    let split = router::Split {
        canary_service: pass.canary.canary_service.clone().unwrap_or_default(),
        stable_service: pass.canary.stable_service.clone().unwrap_or_default(),
        canary: weight,
        stable: max - weight,
    };
    for target in router::needs(pass.rollout(), &pass.canary)? {
        let live = pass
            .snapshot
            .object(&target)
            .ok_or_else(|| RouteError::Missing(target.clone()))?;
        let routed = router::route(&split, live)?;
        if &routed != live {
            pass.effects.push(Effect::Replace(routed));
        }
    }
    note(pass, &split, left);
    Ok(())
}

/// Notes the weights in the status, and tells of them when they are others.
fn note(pass: &mut Pass<'_>, split: &router::Split, left: Option<String>) {
    let stable = pass.stable_set.map_or("", replica_set::hash_of);
    let canary = left.unwrap_or_else(|| pass.hash.clone());
    let side = |weight: i64, service: &str, hash: &str| {
        let mut side = json!({"weight": weight});
        for (name, text) in [("serviceName", service), ("podTemplateHash", hash)] {
            if let (false, Some(side)) = (text.is_empty(), side.as_object_mut()) {
                side.insert(name.into(), text.into());
            }
        }
        side
    };
    let weights = json!({
        "canary": side(split.canary, &split.canary_service, &canary),
        "stable": side(split.stable, &split.stable_service, stable),
    });
    let before = pass
        .before
        .get("canary")
        .and_then(|canary| canary.get("weights"));
    let same = |side: &str| before.and_then(|before| before.get(side)) == weights.get(side);
    if same("canary") && same("stable") {
        return;
    }
    let moved = match pass.weights() {
        None => format!("to {}", split.canary),
        Some(before) if before.canary != split.canary => {
            format!("from {} to {}", before.canary, split.canary)
        }
        // Another revision at the same weight: the original tells it too, and says nothing of it.
        Some(_) => String::new(),
    };
    pass.put_canary("weights", Some(weights));
    pass.event(
        "TrafficWeightUpdated",
        format!("Traffic weight updated {moved}"),
    );
}

/// Whether the stable pods can carry a weight.
fn is_carried(pass: &Pass<'_>, weight: i64) -> bool {
    let Some(stable) = pass.stable_set.map(replica_set::pods) else {
        return false;
    };
    let needed = (weight * pass.spec.replicas()).div_euclid(pass.canary.max_weight());
    stable.available >= needed || canary::is_reached(&pass.canary, Some(stable), needed)
}

/// The weight that the canary shall have: not before its pods are there, and none where none is available.
fn wanted(pass: &Pass<'_>, is_going_back: bool) -> i64 {
    if is_going_back {
        return weight_back(pass);
    }
    if pass.is_promoted() {
        return 0;
    }
    if pass.is_aborted() {
        return weight_back(pass);
    }
    let (max, available) = (pass.canary.max_weight(), pass.new_pods().available);
    if available == 0 {
        return 0;
    }
    if pass.flag("promoteFull") {
        return if pass.canary.dynamic_stable_scale {
            (max * available).div_euclid(pass.spec.replicas().max(1))
        } else {
            pass.weights().map_or(0, |weights| weights.canary)
        };
    }
    let Some(index) = pass.index() else {
        // Without steps the traffic follows the promotion.
        return 0;
    };
    if !pass.is_at_counts(None) {
        return pass.weight_up_to(index);
    }
    if index == pass.canary.steps().len() {
        max
    } else {
        pass.step_weight()
    }
}

/// The weight after an abort: none at once, or, where the stable pods scale along, what they cannot carry yet.
fn weight_back(pass: &Pass<'_>) -> i64 {
    let replicas = pass.spec.replicas();
    let is_stepwise = pass.canary.dynamic_stable_scale
        && pass.stable_set.is_some()
        && pass.new_set.is_some()
        && replicas > 0;
    if !is_stepwise {
        return 0;
    }
    let max = pass.canary.max_weight();
    let wanted = pass.desired_weight();
    let carried = (max * pass.stable_pods().available).div_euclid(replicas);
    let expected = (max - carried).max(0);
    let Some(current) = pass.weights().map(|weights| weights.canary) else {
        return expected.max(wanted);
    };
    if wanted <= 0 {
        // Never more than there is, though stable pods may flap.
        return expected.min(current);
    }
    if carried < max - wanted {
        return current;
    }
    wanted.min(current)
}
