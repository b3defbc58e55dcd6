//! Scaling the ReplicaSets of a Rollout (upstream `rollout/replicaset.go`, `canary.go`).

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    canary,
    condition::stamp,
    pass::{Pass, later},
    replica_set,
};
use crate::{
    api::rollout::{
        DEFAULT_ABORT_SCALE_DOWN_DELAY_SECONDS, DEFAULT_SCALE_DOWN_DELAY_SECONDS, DESIRED_REPLICAS,
        SCALE_DOWN_DEADLINE,
    },
    object::Object,
    rollout::service,
};

/// Whether the replicas of the Rollout changed since its ReplicaSets were last scaled.
pub fn is_rescaled(pass: &Pass<'_>) -> bool {
    let replicas = pass.spec.replicas().to_string();
    let both = [pass.new_set, pass.stable_set];
    both.into_iter().flatten().any(|set| {
        replica_set::pods(set).spec > 0
            && set
                .annotation(DESIRED_REPLICAS)
                .is_some_and(|noted| noted != replicas)
    })
}

/// Scales what is to be scaled next: the stable one, then the new one, then the others.
pub fn scale(pass: &mut Pass<'_>) {
    if pass.is_halted() {
        return;
    }
    let is_waiting = abort_delay(pass).is_some();
    if let Some(new) = pass.new_set.filter(|_| !is_waiting) {
        clear_deadline(pass, new);
    }
    if let Some(stable) = pass.stable_set {
        let is_done = !is_waiting && pass.separate_stable().is_none();
        if !is_done {
            clear_deadline(pass, stable);
        }
    }
    if let Some(stable) = pass.separate_stable() {
        let count = pass.stable_count();
        to(pass, stable, count);
    }
    if let Some(new) = pass.new_set.filter(|_| !pass.is_scaled)
        && let Some(count) = wanted_canary(pass, new)
    {
        to(pass, new, count);
    }
    if !pass.is_scaled {
        others(pass);
    }
}

/// Seconds for which an aborted canary keeps its pods, where it keeps them for a time.
fn abort_delay(pass: &Pass<'_>) -> Option<i64> {
    if !pass.is_aborted() || pass.separate_stable().is_none() || !pass.is_routed() {
        return None;
    }
    match pass.canary.abort_scale_down_delay_seconds {
        Some(0) => None,
        None if pass.canary.dynamic_stable_scale => None,
        None => Some(DEFAULT_ABORT_SCALE_DOWN_DELAY_SECONDS),
        seconds => seconds,
    }
}

/// The pods that the new ReplicaSet shall have now; `None` leaves it as it is.
fn wanted_canary(pass: &mut Pass<'_>, new: &Object) -> Option<i64> {
    let count = pass.canary_count();
    let Some(delay) = abort_delay(pass) else {
        let is_kept = pass.is_aborted()
            && pass.is_routed()
            && pass.separate_stable().is_some()
            && pass.canary.abort_scale_down_delay_seconds == Some(0);
        return (!is_kept).then_some(count);
    };
    if replica_set::pods(new).spec == 0 {
        return Some(0);
    }
    let Some(deadline) = replica_set::deadline(new) else {
        // The canary goes only when the stable pods can carry all.
        if pass.stable_pods().available == pass.spec.replicas() {
            put_deadline(pass, new, delay);
        }
        return None;
    };
    if pass.now < deadline {
        pass.look_at(deadline);
        return None;
    }
    Some(0)
}

/// Scales down the ReplicaSets that are neither stable nor new.
fn others(pass: &mut Pass<'_>) {
    let mut standing: Vec<(&Object, i64)> = Vec::new();
    for set in pass.others.clone() {
        let pods = replica_set::pods(set);
        if pods.spec == 0 {
            continue;
        }
        let count = pods.spec.min(pods.available);
        // Pods that are not available serve nobody.
        if count < pods.spec {
            step(pass, set, pods.spec, count);
        }
        standing.push((set, count));
    }
    let replicas = pass.spec.replicas();
    let least = replicas - canary::max_unavailable(&pass.canary, replicas);
    let mut spare = pass.available() - least;
    standing.sort_by_key(|(set, _)| Reverse(replica_set::revision(set)));
    let mut waiting = 0;
    for (set, from) in standing {
        if spare <= 0 {
            return;
        }
        if from == 0 || (pass.is_routed() && is_referenced(pass, set)) {
            continue;
        }
        let count = if !pass.is_routed() {
            (from - spare).max(0)
        } else if pass.is_promoted() || replica_set::has_deadline(set) {
            kept(pass, set, from, &mut waiting)
        } else {
            // A revision that was given up midway has no traffic.
            0
        };
        if count != from {
            step(pass, set, from, count);
            spare -= from - count;
        }
    }
}

/// The pods that an old stable ReplicaSet keeps until its time is over.
fn kept(pass: &mut Pass<'_>, set: &Object, from: i64, waiting: &mut i64) -> i64 {
    if pass.canary.dynamic_stable_scale {
        return 0;
    }
    *waiting += 1;
    let limit = pass.canary.scale_down_delay_revision_limit;
    if limit.is_some_and(|limit| *waiting > limit) {
        return 0;
    }
    let Some(deadline) = replica_set::deadline(set) else {
        let delay = pass.canary.scale_down_delay_seconds;
        let delay = delay.unwrap_or(DEFAULT_SCALE_DOWN_DELAY_SECONDS);
        if delay == 0 {
            return 0;
        }
        put_deadline(pass, set, delay);
        return from;
    };
    if pass.now >= deadline {
        return 0;
    }
    pass.look_at(deadline);
    from
}

/// Whether traffic may still come to a ReplicaSet: by what the status noted, or by a Service.
fn is_referenced(pass: &Pass<'_>, set: &Object) -> bool {
    let hash = replica_set::hash_of(set);
    let weights = pass
        .before
        .get("canary")
        .and_then(|canary| canary.get("weights"));
    let noted = |side: &str| weights?.get(side)?.get("podTemplateHash")?.as_str();
    let named = [
        Some(pass.text("stableRS")),
        Some(pass.text("currentPodHash")),
        noted("canary"),
        noted("stable"),
    ];
    if named.into_iter().flatten().any(|named| named == hash) {
        return true;
    }
    let services = [&pass.canary.canary_service, &pass.canary.stable_service];
    services
        .into_iter()
        .flatten()
        .any(|name| service::selected_now(pass, name) == Some(hash))
}

fn put_deadline(pass: &mut Pass<'_>, set: &Object, seconds: i64) {
    let since = Timestamp::from_second(pass.now.as_second()).unwrap_or(pass.now);
    if let Some(deadline) = later(since, seconds) {
        let text = stamp(deadline);
        pass.patch(
            set,
            json!({"metadata": {"annotations": {SCALE_DOWN_DEADLINE: text}}}),
        );
        pass.look_at(deadline);
    }
}

fn clear_deadline(pass: &mut Pass<'_>, set: &Object) {
    if set.annotation(SCALE_DOWN_DEADLINE).is_some() {
        pass.patch(
            set,
            json!({"metadata": {"annotations": {SCALE_DOWN_DEADLINE: null}}}),
        );
    }
}

/// Scales a ReplicaSet from what it asks for.
fn to(pass: &mut Pass<'_>, set: &Object, count: i64) {
    step(pass, set, replica_set::pods(set).spec, count);
}

/// Scales a ReplicaSet, and notes the replicas of the Rollout on it.
fn step(pass: &mut Pass<'_>, set: &Object, from: i64, count: i64) {
    let desired = pass.spec.replicas().to_string();
    let is_noted = set.annotation(DESIRED_REPLICAS) == Some(desired.as_str());
    if from == count && is_noted {
        return;
    }
    let mut annotations = Map::new();
    annotations.insert(DESIRED_REPLICAS.into(), desired.into());
    let is_over = count == 0 && abort_delay(pass).is_none();
    if is_over && set.annotation(SCALE_DOWN_DEADLINE).is_some() {
        annotations.insert(SCALE_DOWN_DEADLINE.into(), Value::Null);
    }
    let mut change = json!({"metadata": {"annotations": annotations}});
    if from != count {
        if let Some(change) = change.as_object_mut() {
            change.insert("spec".into(), json!({"replicas": count}));
        }
        pass.is_scaled = true;
    }
    pass.patch(set, change);
    if from != count {
        let direction = if count > from { "up" } else { "down" };
        let (name, revision) = (set.name(), replica_set::revision(set));
        let text = format!(
            "Scaled {direction} ReplicaSet {name} (revision {revision}) from {from} to {count}"
        );
        pass.event("ScalingReplicaSet", text);
    }
}
