//! Old ReplicaSets beyond the history.

use super::{analysis, pass::Pass, replica_set};
use crate::{api::rollout::DEFAULT_REVISION_HISTORY_LIMIT, object::Object};

/// Removes old ReplicaSets without pods, the oldest first, but for as many as the history keeps.
pub fn forget(pass: &mut Pass<'_>) {
    let limit = pass
        .spec
        .revision_history_limit
        .unwrap_or(DEFAULT_REVISION_HISTORY_LIMIT);
    let kept = usize::try_from(limit).unwrap_or(0);
    let standing: Vec<&Object> = pass
        .others
        .iter()
        .copied()
        .filter(|set| !replica_set::is_going(set))
        .collect();
    let surplus = standing.len().saturating_sub(kept);
    for set in standing.into_iter().take(surplus) {
        if is_idle(set) {
            pass.delete(set);
            analysis::forget_of(pass, set);
        }
    }
}

/// Whether it has no pods, and will have none.
fn is_idle(set: &Object) -> bool {
    let observed = replica_set::count(set, &["status", "observedGeneration"]);
    replica_set::pods(set).spec == 0
        && replica_set::count(set, &["status", "replicas"]) == 0
        && set.generation().unwrap_or(0) <= observed
}
