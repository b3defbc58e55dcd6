//! Replacing pods made before an instant, a few at a time (upstream `rollout/restart.go`).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{canary, condition, pass::Pass, replica_set};
use crate::{object::Object, plan::Effect};

/// Seconds after which what could not be evicted is tried again.
const AGAIN_SECONDS: i64 = 30;

/// The instant before which pods are to be replaced, while they are not.
pub fn wanted(rollout: &Object) -> Option<Timestamp> {
    let instant = |path: &[&str]| -> Option<Timestamp> {
        let text = rollout.at(path)?.as_str()?;
        text.parse().ok()
    };
    let wanted = instant(&["spec", "restartAt"])?;
    (instant(&["status", "restartedAt"]) != Some(wanted)).then_some(wanted)
}

/// Evicts what may be evicted now; tells whether anything was, for then the counts that were read hold no longer.
pub fn restart(pass: &mut Pass<'_>) -> bool {
    let Some(since) = wanted(pass.rollout()) else {
        return false;
    };
    if pass.now <= since {
        pass.look_at(since + SignedDuration::from_millis(1));
        return false;
    }
    let replicas = pass.spec.replicas();
    let total: i64 = pass.sets().map(|set| replica_set::pods(set).spec).sum();
    let pods = pods(pass);
    let available = pods.iter().filter(|pod| is_available(pass, pod)).count();
    let at_once = canary::max_unavailable(&pass.canary, replicas).max(1);
    let mut room = i64::try_from(available).unwrap_or(0) - (replicas.max(total) - at_once);
    let (mut old, mut evicted) = (0, 0);
    for pod in pods {
        let made: Option<Timestamp> = replica_set::made_at(pod).parse().ok();
        if made.is_none_or(|made| made >= since) {
            continue;
        }
        old += 1;
        if room > 0
            && !replica_set::is_going(pod)
            && let Some(uid) = pod.uid()
        {
            pass.effects.push(Effect::Evict {
                pod: pod.reference(),
                uid: uid.to_owned(),
            });
            room -= 1;
            evicted += 1;
        }
    }
    if old > 0 {
        pass.look_at(pass.now + SignedDuration::from_secs(AGAIN_SECONDS));
    } else if let Some(at) = pass.spec.restart_at.clone() {
        pass.put("restartedAt", at);
    }
    evicted > 0
}

/// The pods of the stable ReplicaSet, then of the new one, then of the others.
fn pods<'a>(pass: &Pass<'a>) -> Vec<&'a Object> {
    let mut order: Vec<&str> = Vec::new();
    let sets = pass.stable_set.into_iter().chain(pass.new_set);
    for set in sets.chain(pass.others.iter().copied()) {
        order.extend(set.uid());
    }
    let mut pods: Vec<(usize, &Object)> = pass
        .snapshot
        .objects
        .values()
        .flatten()
        .filter(|object| object.kind() == "Pod")
        .filter_map(|pod| {
            let owners = pod.at(&["metadata", "ownerReferences"])?.as_array()?;
            let is_owner = |uid: &&str| {
                owners
                    .iter()
                    .any(|owner| condition::text(owner, "uid") == *uid)
            };
            Some((order.iter().position(is_owner)?, pod))
        })
        .collect();
    pods.sort_by_key(|(place, pod)| (*place, pod.name()));
    pods.into_iter().map(|(_, pod)| pod).collect()
}

fn is_available(pass: &Pass<'_>, pod: &Object) -> bool {
    let conditions = pod.at(&["status", "conditions"]).and_then(Value::as_array);
    let ready = conditions.into_iter().flatten().find(|found| {
        condition::text(found, "type") == "Ready" && condition::text(found, "status") == "True"
    });
    let Some(ready) = ready else {
        return false;
    };
    let since = condition::text(ready, "lastTransitionTime").parse::<Timestamp>();
    let least = SignedDuration::from_secs(pass.spec.min_ready_seconds);
    let is_long = pass.spec.min_ready_seconds == 0
        || since.is_ok_and(|since| pass.now.duration_since(since) >= least);
    is_long && !replica_set::is_going(pod)
}
