//! Scaling the ReplicaSets of a Rollout.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    condition,
    pass::{Pass, instant_after},
    replica_set,
};
use crate::{
    api::rollout::{
        DEFAULT_ABORT_SCALE_DOWN_DELAY_SECONDS, DEFAULT_SCALE_DOWN_DELAY_SECONDS, DESIRED_REPLICAS,
        SCALE_DOWN_DEADLINE,
    },
    object::Object,
    plan::{Effect, Precondition},
};

/// Scales what is to be scaled next: the stable one, then the new one, then the others.
pub fn scale(pass: &mut Pass<'_>) {
    if pass.is_halted() {
        return;
    }
    let counts = pass.counts();
    if let Some(stable) = pass.stable_set
        && !pass.is_promoted()
    {
        set_deadline(pass, stable, None);
        if to(pass, stable, counts.stable) {
            return;
        }
    }
    if let Some(new) = pass.new_set {
        let wanted = wanted_canary(pass, new, counts.canary);
        if to(pass, new, wanted) {
            return;
        }
    }
    for set in pass.others.clone() {
        let wanted = wanted_other(pass, set);
        to(pass, set, wanted);
    }
}

/// Whether the replicas of the Rollout changed since its ReplicaSets were last scaled.
pub fn is_rescaled(pass: &Pass<'_>) -> bool {
    let replicas = pass.spec.replicas().to_string();
    [pass.new_set, pass.stable_set]
        .into_iter()
        .flatten()
        .any(|set| {
            replica_set::pods(set).spec > 0
                && set
                    .annotation(DESIRED_REPLICAS)
                    .is_some_and(|noted| noted != replicas)
        })
}

/// The canary's pods, which after an abort stay for a while.
fn wanted_canary(pass: &mut Pass<'_>, new: &Object, count: i64) -> i64 {
    let spec = replica_set::pods(new).spec;
    let is_delayed = pass.is_aborted() && pass.is_routed() && !pass.is_promoted() && spec > 0;
    if !is_delayed {
        set_deadline(pass, new, None);
        return count;
    }
    let delay = match pass.canary.abort_scale_down_delay_seconds {
        Some(0) => return spec,
        Some(delay) => delay,
        None if pass.canary.dynamic_stable_scale => return count,
        None => DEFAULT_ABORT_SCALE_DOWN_DELAY_SECONDS,
    };
    let stable = pass.stable_set.map(replica_set::pods).unwrap_or_default();
    if stable.available < pass.spec.replicas() {
        return spec;
    }
    if is_over(pass, new, delay) {
        count
    } else {
        spec
    }
}

/// The pods of a ReplicaSet that is neither stable nor new.
fn wanted_other(pass: &mut Pass<'_>, set: &Object) -> i64 {
    let spec = replica_set::pods(set).spec;
    if spec == 0 {
        return 0;
    }
    if pass.is_promoted() && pass.is_routed() && !pass.canary.dynamic_stable_scale {
        let delay = pass
            .canary
            .scale_down_delay_seconds
            .unwrap_or(DEFAULT_SCALE_DOWN_DELAY_SECONDS);
        return if is_over(pass, set, delay) { 0 } else { spec };
    }
    if pass.is_routed() {
        return 0;
    }
    // Without a router the older pods serve: they go only as far as enough stays available.
    let all = [pass.new_set, pass.stable_set]
        .into_iter()
        .flatten()
        .chain(pass.others.iter().copied());
    let mut seen = Vec::new();
    let available: i64 = all
        .filter(|set| {
            let is_new = !seen.contains(&set.name());
            seen.push(set.name());
            is_new
        })
        .map(|set| replica_set::pods(set).available)
        .sum();
    let least =
        pass.spec.replicas() - super::canary::max_unavailable(&pass.canary, pass.spec.replicas());
    let pods = replica_set::pods(set);
    let unavailable = (pods.spec - pods.available).max(0);
    (spec - unavailable - (available - least).max(0)).max(0)
}

/// Whether the delay before scaling down is over; it begins now if it has not begun.
fn is_over(pass: &mut Pass<'_>, set: &Object, seconds: i64) -> bool {
    if let Some(deadline) = replica_set::deadline(set) {
        if pass.now >= deadline {
            return true;
        }
        pass.look_at(deadline);
        return false;
    }
    let since = Timestamp::from_second(pass.now.as_second()).unwrap_or(pass.now);
    #[expect(clippy::cast_precision_loss, reason = "delays are short")]
    let deadline = instant_after(since, seconds as f64);
    if let Some(deadline) = deadline {
        set_deadline(pass, set, Some(deadline));
        pass.look_at(deadline);
    }
    false
}

fn set_deadline(pass: &mut Pass<'_>, set: &Object, deadline: Option<Timestamp>) {
    if deadline.is_none() && set.annotation(SCALE_DOWN_DEADLINE).is_none() {
        return;
    }
    let text = deadline.map_or(Value::Null, |at| condition::stamp(at).into());
    patch(
        pass,
        set,
        json!({"metadata": {"annotations": {SCALE_DOWN_DEADLINE: text}}}),
    );
}

fn patch(pass: &mut Pass<'_>, set: &Object, patch: Value) {
    pass.effects.push(Effect::Patch {
        target: set.reference(),
        patch,
        precondition: Precondition {
            uid: set.uid().map(str::to_owned),
            resource_version: None,
        },
    });
}

/// Scales a ReplicaSet, and tells whether there was something to do.
fn to(pass: &mut Pass<'_>, set: &Object, count: i64) -> bool {
    let from = replica_set::pods(set).spec;
    let desired = pass.spec.replicas().to_string();
    let is_noted = set.annotation(DESIRED_REPLICAS) == Some(desired.as_str());
    if from == count && is_noted {
        return false;
    }
    let mut change = json!({"metadata": {"annotations": {DESIRED_REPLICAS: desired}}});
    if from != count {
        if let Some(change) = change.as_object_mut() {
            change.insert("spec".into(), json!({"replicas": count}));
        }
        let direction = if count > from { "up" } else { "down" };
        let revision = replica_set::revision(set);
        let name = set.name();
        pass.event(
            "ScalingReplicaSet",
            format!(
                "Scaled {direction} ReplicaSet {name} (revision {revision}) from {from} to {count}"
            ),
        );
        pass.is_scaled = true;
    }
    patch(pass, set, change);
    from != count
}
