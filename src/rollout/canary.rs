//! How many pods the canary and the stable ReplicaSet shall have (upstream `utils/replicaset/canary.go`).

use serde_json::Value;

use crate::api::rollout::{Canary, CanaryScale, ProgressThreshold};

/// The pods of a ReplicaSet: as asked for, and as available.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// `spec.replicas`.
    pub spec: i64,
    /// `status.availableReplicas`.
    pub available: i64,
}

/// What the arithmetic needs to know of one rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Situation {
    /// The replicas of the Rollout.
    pub replicas: i64,
    /// The share of the traffic that the canary shall have.
    pub weight: i64,
    /// The share that means all of it.
    pub max_weight: i64,
    /// The most pods above the replicas.
    pub max_surge: i64,
    /// The most pods that may be missing.
    pub max_unavailable: i64,
    /// The stable ReplicaSet, where it is not the new one.
    pub stable: Option<Pods>,
    /// The new ReplicaSet.
    pub canary: Option<Pods>,
    /// All other ReplicaSets together.
    pub older: Pods,
}

/// Pods of the canary and of the stable ReplicaSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Canary pods.
    pub canary: i64,
    /// Stable pods.
    pub stable: i64,
}

/// A number or percentage of the replicas; a text without `%` is a percentage as well.
pub fn share(value: Option<&Value>, replicas: i64, rounds_up: bool) -> i64 {
    let percent = match value {
        Some(Value::Number(number)) => return number.as_i64().unwrap_or(0),
        Some(Value::String(text)) => text.trim_end_matches('%').parse().unwrap_or(0),
        _ => 25,
    };
    let part = percent * replicas;
    if rounds_up {
        ceil_div(part, 100)
    } else {
        part.div_euclid(100)
    }
}

/// The most pods above the replicas.
pub fn max_surge(canary: &Canary, replicas: i64) -> i64 {
    share(canary.max_surge.as_ref(), replicas, true)
}

/// The most pods that may be missing: 1 where both bounds come out as 0.
pub fn max_unavailable(canary: &Canary, replicas: i64) -> i64 {
    if replicas == 0 {
        return 0;
    }
    let missing = share(canary.max_unavailable.as_ref(), replicas, false);
    if missing == 0 && max_surge(canary, replicas) == 0 {
        return 1;
    }
    missing.min(replicas)
}

/// `a / b`, rounded up.
pub fn ceil_div(a: i64, b: i64) -> i64 {
    -((-a).div_euclid(b))
}

/// The pair of counts that comes closest to a weight, without regard to what runs.
///
/// The pair adds up to the replicas, or to one more where there may be a surge; of 1 to 99 percent, neither side
/// gets nothing as soon as there can be two pods.
pub fn closest(replicas: i64, weight: i64, max: i64, surge: i64) -> Counts {
    if replicas == 0 {
        return Counts {
            canary: 0,
            stable: 0,
        };
    }
    let high = ceil_div(replicas * weight, max);
    let low = (replicas * weight).div_euclid(max);
    let may_be_none = weight == 0 || weight == max || (replicas == 1 && surge == 0);
    // Halfway between two counts the larger canary is taken.
    let is_halfway = |total: i64| (2 * total * weight).rem_euclid(2 * max) == max;
    let is_low_allowed = |total: i64| !is_halfway(total) && (low != 0 || may_be_none);
    let mut options = Vec::with_capacity(4);
    if high < replicas || may_be_none {
        options.push((high, replicas));
    }
    if is_low_allowed(replicas) {
        options.push((low, replicas));
    }
    if surge > 0 {
        options.push((high, replicas + 1));
        if is_low_allowed(replicas + 1) {
            options.push((low, replicas + 1));
        }
    }
    // How far each is off, as a fraction over its total: whole numbers, so that ties are exact. The first wins a tie.
    let off = |&(canary, total): &(i64, i64)| (max * canary - weight * total).abs();
    let best = options.into_iter().reduce(|best, next| {
        if off(&next) * best.1 < off(&best) * next.1 {
            next
        } else {
            best
        }
    });
    let (canary, total) = best.unwrap_or((0, replicas));
    Counts {
        canary,
        stable: total - canary,
    }
}

/// The next counts where replicas alone make the weight, within surge and unavailability.
pub fn basic(now: &Situation) -> Counts {
    let canary = now.canary.unwrap_or_default();
    let wanted = if now.stable.is_some() {
        closest(now.replicas, now.weight, now.max_weight, now.max_surge)
    } else {
        Counts {
            canary: now.replicas,
            stable: 0,
        }
    };
    let stable = now.stable.unwrap_or_default();
    let mut counts = Counts {
        canary: canary.spec,
        stable: stable.spec,
    };
    let most = now.replicas + now.max_surge;
    let mut room = most - (canary.spec + stable.spec + now.older.spec);
    if room > 0 && counts.stable < wanted.stable {
        let more = room.min(wanted.stable - counts.stable);
        counts.stable += more;
        room -= more;
    }
    if room > 0 && now.canary.is_some() && counts.canary < wanted.canary {
        counts.canary += room.min(wanted.canary - counts.canary);
    }
    // Older pods go first, before either side loses any.
    if now.older.spec > 0 {
        return counts;
    }
    let least = now.replicas - now.max_unavailable;
    let is_increasing = now.canary.is_none() || wanted.canary >= canary.spec;
    let spare = standing(canary, !is_increasing) + standing(stable, is_increasing) - least;
    if spare <= 0 {
        return counts;
    }
    let bounds = Bounds { most, least };
    if !is_increasing {
        let drained = drained(canary, wanted.canary, spare, counts.canary);
        (counts.canary, counts.stable) =
            bounds.keep((now.canary, drained), (now.stable, counts.stable));
    } else if now.stable.is_some() {
        let drained = drained(stable, wanted.stable, spare, counts.stable);
        (counts.stable, counts.canary) =
            bounds.keep((now.stable, drained), (now.canary, counts.canary));
    }
    counts
}

/// The pods that count as standing when others are taken away.
fn standing(pods: Pods, ignores_availability: bool) -> i64 {
    if ignores_availability || pods.spec < pods.available {
        pods.spec
    } else {
        pods.available
    }
}

fn drained(pods: Pods, wanted: i64, spare: i64, otherwise: i64) -> i64 {
    if pods.spec > wanted {
        (pods.spec - spare).max(wanted)
    } else {
        otherwise
    }
}

/// The most pods that there may be, and the fewest that must be available.
struct Bounds {
    most: i64,
    least: i64,
}

impl Bounds {
    /// The counts of a side that is drained and of the other one, so that neither bound is broken: what is too much is
    /// taken from the other side, but for as many of its pods as have to stay available.
    fn keep(
        &self,
        (drained, drained_count): (Option<Pods>, i64),
        (other, other_count): (Option<Pods>, i64),
    ) -> (i64, i64) {
        let Some(other) = other else {
            return (drained_count, other_count);
        };
        let excess = |other_count: i64| (other_count + drained_count - self.most).max(0);
        let cut = other_count - excess(other_count);
        let available =
            other.available.min(cut) + drained.map_or(0, |pods| pods.available.min(drained_count));
        let lost = (other.available - cut).max(0);
        let missing = (self.least - available).max(0);
        let kept = cut + lost.min(missing);
        (drained_count - excess(kept), kept)
    }
}

/// What the weights of the traffic are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Of the canary.
    pub canary: i64,
    /// Of the stable pods.
    pub stable: i64,
}

/// What the arithmetic with a router needs to know of one rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed<'a> {
    /// The strategy.
    pub canary: &'a Canary,
    /// The replicas of the Rollout.
    pub replicas: i64,
    /// The weight that the canary shall have, or that its pods shall match.
    pub weight: i64,
    /// The last `setCanaryScale` that holds.
    pub scale: Option<&'a CanaryScale>,
    /// The weights that the routers were given last.
    pub actual: Option<Weights>,
    /// Whether the update is aborted.
    pub is_aborted: bool,
}

/// The counts where a router moves traffic: the stable ReplicaSet stays whole, unless it scales along.
pub fn routed(now: &Routed<'_>) -> Counts {
    let (max, replicas) = (now.canary.max_weight(), now.replicas);
    let pods = |weight: i64| ceil_div(replicas * weight, max);
    let (fixed, weight) = match now.scale {
        Some(CanaryScale {
            replicas: Some(count),
            ..
        }) => (Some(*count), 0),
        Some(CanaryScale {
            weight: Some(weight),
            ..
        }) => (None, *weight),
        _ => (None, now.weight),
    };
    let mut canary = fixed.unwrap_or_else(|| with_floor(now.canary, pods(weight), replicas));
    if !now.canary.dynamic_stable_scale {
        return Counts {
            canary,
            stable: replicas,
        };
    }
    let mut stable = pods(max - weight);
    if let Some(actual) = now.actual {
        // Pods go only after their traffic.
        stable = stable.max(pods(actual.stable));
        if now.is_aborted {
            canary = canary.max(pods(actual.canary));
        }
    }
    Counts {
        canary: with_floor(now.canary, canary, replicas),
        stable: with_floor(now.canary, stable, replicas),
    }
}

/// The weight to go back to when an update is aborted and the stable pods scale along: the next lower step than what
/// the canary carries now, so that not all stable pods are asked for at once.
pub fn step_back(canary: &Canary, replicas: i64, new: Pods, stable: Pods) -> i64 {
    let max = canary.max_weight();
    let carried = (replicas - stable.available).max(new.available);
    canary
        .steps()
        .iter()
        .rev()
        .filter_map(|step| step.set_weight)
        .find(|weight| ceil_div(replicas * weight, max) < carried)
        .unwrap_or(0)
}

/// Whether enough of the wanted pods are available, by the threshold of the strategy: all of them where it has none.
pub fn is_reached(canary: &Canary, pods: Option<Pods>, wanted: i64) -> bool {
    let Some(pods) = pods else {
        return false;
    };
    match &canary.replica_progress_threshold {
        Some(threshold) if threshold.value >= 0 => {
            if threshold.kind == ProgressThreshold::PERCENT {
                wanted == 0 || pods.available * 100 >= threshold.value * wanted
            } else {
                pods.available >= threshold.value
            }
        }
        _ => pods.spec == wanted && pods.available == wanted,
    }
}

fn with_floor(canary: &Canary, count: i64, replicas: i64) -> i64 {
    match canary.min_pods_per_replica_set {
        Some(least) if count > 0 => count.max(least.min(replicas)),
        _ => count,
    }
}

#[cfg(test)]
mod tests;
