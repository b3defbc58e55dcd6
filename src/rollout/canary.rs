//! How many pods the canary and the stable ReplicaSet shall have (upstream `utils/replicaset/canary.go`).

use serde_json::Value;

use crate::api::rollout::{Canary, CanaryScale};

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
    /// Percent of traffic that the canary shall have.
    pub weight: i64,
    /// The most pods above the replicas.
    pub max_surge: i64,
    /// The most pods that may be missing.
    pub max_unavailable: i64,
    /// The stable ReplicaSet.
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
pub fn closest(replicas: i64, weight: i64, surge: i64) -> Counts {
    if replicas == 0 {
        return Counts {
            canary: 0,
            stable: 0,
        };
    }
    let totals = if surge > 0 {
        [Some(replicas), Some(replicas + 1)]
    } else {
        [Some(replicas), None]
    };
    let high = ceil_div(replicas * weight, 100);
    let low = (replicas * weight).div_euclid(100);
    let needs_both = (1..=99).contains(&weight) && replicas + surge.min(1) >= 2;
    // How far each is off, in whole numbers: a fraction over its total, so that ties are exact.
    let mut best: Option<(i64, i64, Counts)> = None;
    for total in totals.into_iter().flatten() {
        // The larger canary first, so that it wins a tie.
        for canary in [high, low] {
            let stable = total - canary;
            if stable < 0 || (needs_both && (canary == 0 || stable == 0)) {
                continue;
            }
            let off = (100 * canary - weight * total).abs();
            let is_better = best.is_none_or(|(least, of, counts)| {
                let (ours, theirs) = (off * of, least * total);
                ours < theirs || (ours == theirs && canary > counts.canary)
            });
            if is_better {
                best = Some((off, total, Counts { canary, stable }));
            }
        }
    }
    best.map_or_else(
        || {
            // Two pods at most, one each.
            Counts {
                canary: 1,
                stable: (replicas - 1).max(1),
            }
        },
        |(_, _, counts)| counts,
    )
}

/// The next counts where replicas alone make the weight, within surge and unavailability.
pub fn basic(now: &Situation) -> Counts {
    let wanted = closest(now.replicas, now.weight, now.max_surge);
    let canary = now.canary.unwrap_or_default();
    let Some(stable) = now.stable else {
        return Counts {
            canary: now.replicas,
            stable: 0,
        };
    };
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
    if room > 0 && counts.canary < wanted.canary {
        counts.canary += room.min(wanted.canary - counts.canary);
    }
    let least = now.replicas - now.max_unavailable;
    let is_increasing = now.canary.is_none() || wanted.canary >= canary.spec;
    let kept = standing(canary, !is_increasing) + standing(stable, is_increasing);
    // Older pods are drained first.
    let spare = kept - least - now.older.available;
    if kept <= least || spare <= 0 {
        return counts;
    }
    if is_increasing {
        counts.stable = drained(stable, wanted.stable, spare, counts.stable);
        counts.canary -= (counts.stable + counts.canary - most).clamp(0, counts.canary);
    } else {
        counts.canary = drained(canary, wanted.canary, spare, counts.canary);
        counts.stable -= (counts.stable + counts.canary - most).clamp(0, counts.stable);
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

/// What the weights of the traffic are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Of the canary.
    pub canary: i64,
    /// Of the stable pods.
    pub stable: i64,
}

/// The counts where a router moves traffic: the stable ReplicaSet stays whole, unless it scales along.
pub fn routed(
    canary: &Canary,
    replicas: i64,
    weight: i64,
    scale: Option<&CanaryScale>,
    actual: Option<Weights>,
    is_aborted: bool,
) -> Counts {
    let max = canary.max_weight();
    let scaled = scale.filter(|scale| !scale.match_traffic_weight);
    let mut canary_count = match scaled {
        Some(CanaryScale {
            replicas: Some(replicas),
            ..
        }) => *replicas,
        Some(CanaryScale {
            weight: Some(weight),
            ..
        }) => ceil_div(replicas * weight, 100),
        _ => ceil_div(replicas * weight, max),
    };
    if !canary.dynamic_stable_scale {
        return Counts {
            canary: with_floor(canary, canary_count, replicas),
            stable: replicas,
        };
    }
    let mut stable_count = ceil_div(replicas * (max - weight), max);
    if let Some(actual) = actual {
        stable_count = stable_count.max(ceil_div(replicas * actual.stable, max));
        if is_aborted || scaled.is_none() {
            canary_count = canary_count.max(ceil_div(replicas * actual.canary, max));
        }
    }
    if is_aborted {
        stable_count = replicas;
    }
    Counts {
        canary: with_floor(canary, canary_count, replicas),
        stable: with_floor(canary, stable_count, replicas),
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
