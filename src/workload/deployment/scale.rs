//! How many pods each ReplicaSet of a Deployment shall have.

use super::{
    decide::Pass,
    replica_sets,
    replica_sets::ReplicaSet,
    strategy::{self, is_rolling, max_surge, max_unavailable},
};
use crate::{object::Object, workload::field};

/// How large a ReplicaSet that is not there yet shall begin (`NewRSNewReplicas`).
pub(super) fn first_size(pass: &Pass) -> i64 {
    if is_rolling(&pass.deployment) {
        grown(pass, 0)
    } else {
        strategy::replicas(&pass.deployment)
    }
}

/// The size of the new one, as large as the surge allows.
fn grown(pass: &Pass, from: i64) -> i64 {
    let wanted = strategy::replicas(&pass.deployment);
    let most = wanted + max_surge(&pass.deployment);
    let current = replica_sets::wanted(pass.all());
    if current >= most {
        from
    } else {
        from + (most - current).min(wanted - from)
    }
}

/// Scales the new one towards the wanted number, and says whether it changed.
pub(super) fn new_of_rolling(pass: &mut Pass) -> bool {
    let wanted = strategy::replicas(&pass.deployment);
    let Some(size) = pass.new.as_ref().map(ReplicaSet::replicas) else {
        return false;
    };
    if size == wanted {
        return false;
    }
    let to = if size > wanted {
        wanted
    } else {
        grown(pass, size)
    };
    match pass.new.as_mut() {
        Some(new) => new.scale(to, &pass.deployment, false),
        None => false,
    }
}

/// Scales the old ones down as far as availability allows, unhealthy pods first, and says whether one changed.
pub(super) fn old_of_rolling(pass: &mut Pass) -> bool {
    let Some(new) = &pass.new else {
        return false;
    };
    if replica_sets::wanted(&pass.old) == 0 {
        return false;
    }
    let least = strategy::replicas(&pass.deployment) - max_unavailable(&pass.deployment);
    let new_unavailable = new.replicas() - new.status("availableReplicas");
    let room = replica_sets::wanted(pass.all()) - least - new_unavailable;
    if room <= 0 {
        return false;
    }
    let mut left = room;
    for set in &mut pass.old {
        let unhealthy = set.replicas() - set.status("availableReplicas");
        if left <= 0 || set.replicas() == 0 || unhealthy <= 0 {
            continue;
        }
        let gone = left.min(unhealthy);
        set.scale(set.replicas() - gone, &pass.deployment, false);
        left -= gone;
    }
    let mut scaled = left < room;
    let available = replica_sets::counted(
        pass.old
            .iter()
            .filter(|set| set.replicas() > 0)
            .chain(&pass.new),
        "availableReplicas",
    );
    let mut left = available - least;
    for set in &mut pass.old {
        if left <= 0 || set.replicas() == 0 {
            continue;
        }
        let gone = left.min(set.replicas());
        set.scale(set.replicas() - gone, &pass.deployment, false);
        left -= gone;
        scaled = true;
    }
    scaled
}

/// Spreads a changed wanted number over all that have pods, by their share (`scale`).
pub(super) fn proportionally(pass: &mut Pass) {
    let deployment = pass.deployment.clone();
    let wanted = strategy::replicas(&deployment);
    if let Some(only) = active_or_latest(pass) {
        only.scale(wanted, &deployment, false);
        return;
    }
    if is_saturated(pass) {
        for set in &mut pass.old {
            if set.replicas() > 0 {
                set.scale(0, &deployment, false);
            }
        }
        return;
    }
    if !is_rolling(&deployment) {
        return;
    }
    let allowed = if wanted > 0 {
        wanted + max_surge(&deployment)
    } else {
        0
    };
    let mut active: Vec<&mut ReplicaSet> = pass
        .old
        .iter_mut()
        .chain(&mut pass.new)
        .filter(|set| set.replicas() > 0)
        .collect();
    let total: i64 = active.iter().map(|set| set.replicas()).sum();
    let to_add = allowed - total;
    // Larger ones first; of equal ones the newer gains first, and the older loses first.
    active.sort_by(|a, b| {
        let by_age = if to_add > 0 {
            b.created().cmp(&a.created())
        } else {
            a.created().cmp(&b.created())
        };
        b.replicas().cmp(&a.replicas()).then(by_age)
    });
    let mut added = 0;
    let mut sizes = Vec::with_capacity(active.len());
    for set in &active {
        let part = proportion(set, &deployment, to_add, added);
        added += part;
        sizes.push(set.replicas() + part);
    }
    if let Some(first) = sizes.first_mut() {
        *first = (*first + to_add - added).max(0);
    }
    for (set, size) in active.into_iter().zip(sizes) {
        set.scale(size, &deployment, true);
    }
}

/// The only one that has pods, or the newest of none that has.
fn active_or_latest(pass: &mut Pass) -> Option<&mut ReplicaSet> {
    let active = pass.all().filter(|set| set.replicas() > 0).count();
    match active {
        0 => match pass.new.as_mut() {
            Some(new) => Some(new),
            None => pass.old.last_mut(),
        },
        1 => pass
            .old
            .iter_mut()
            .chain(&mut pass.new)
            .find(|set| set.replicas() > 0),
        _ => None,
    }
}

fn is_saturated(pass: &Pass) -> bool {
    let wanted = strategy::replicas(&pass.deployment);
    pass.new.as_ref().is_some_and(|new| {
        new.replicas() == wanted
            && new.desired_replicas() == Some(wanted)
            && new.status("availableReplicas") == wanted
    })
}

fn proportion(set: &ReplicaSet, deployment: &Object, to_add: i64, added: i64) -> i64 {
    if set.replicas() == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = fraction(set, deployment);
    let allowed = to_add - added;
    if to_add > 0 {
        fraction.min(allowed)
    } else {
        fraction.max(allowed)
    }
}

fn fraction(set: &ReplicaSet, deployment: &Object) -> i64 {
    let wanted = strategy::replicas(deployment);
    if wanted == 0 {
        return -set.replicas();
    }
    let before = set
        .max_replicas()
        .filter(|most| *most > 0)
        .unwrap_or_else(|| field::int(deployment, &["status", "replicas"], 0));
    if before == 0 {
        return 0;
    }
    let scaled = set.replicas() * (wanted + max_surge(deployment));
    // Rounded to the nearest, halves up.
    (2 * scaled + before).div_euclid(2 * before) - set.replicas()
}
