//! When a Job makes the next pod after one that failed.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::tally::is_success;
use crate::{
    object::Object,
    workload::{condition, field},
};

/// The delay after the first failure; each further one doubles it.
const FIRST: SignedDuration = SignedDuration::from_secs(10);
/// The longest delay.
const LONGEST: SignedDuration = SignedDuration::from_secs(600);

/// When pods may be made again: after the failures since the last success, `None` for at once.
pub(super) fn not_before(pods: &[&Object], now: Timestamp) -> Option<Timestamp> {
    let last_success = pods
        .iter()
        .filter(|pod| is_success(pod))
        .map(|pod| finished(pod))
        .max();
    let failures: Vec<Timestamp> = pods
        .iter()
        .filter(|pod| !is_success(pod))
        .filter(|pod| field::text(pod, &["status", "phase"]) == "Failed" || field::is_deleting(pod))
        .map(|pod| finished(pod))
        .filter(|at| last_success.is_none_or(|success| *at > success))
        .collect();
    let last = failures.iter().max()?;
    let at = last.checked_add(delay(failures.len())).ok()?;
    (at > now).then_some(at)
}

fn delay(failures: usize) -> SignedDuration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(16);
    let factor = 1_i32.checked_shl(doublings.min(16)).unwrap_or(i32::MAX);
    FIRST.saturating_mul(factor).min(LONGEST)
}

/// When the last container of a pod ended, or what comes nearest (`getFinishedTime`).
fn finished(pod: &Object) -> Timestamp {
    let ended = |status: &Value| -> Option<Timestamp> {
        let at = status.get("state")?.get("terminated")?.get("finishedAt")?;
        at.as_str()?.parse().ok()
    };
    let all: Option<Vec<Timestamp>> = field::list(pod, &["status", "containerStatuses"])
        .iter()
        .map(ended)
        .collect();
    if let Some(last) = all.and_then(|all| all.into_iter().max()) {
        return last;
    }
    let conditions = field::list(pod, &["status", "conditions"]);
    if let Some(ready) = condition::find(conditions, "Ready")
        && condition::field(ready, "status") == "False"
        && let Ok(at) = condition::field(ready, "lastTransitionTime").parse()
    {
        return at;
    }
    let grace = field::int(pod, &["metadata", "deletionGracePeriodSeconds"], 0);
    field::time(pod, &["metadata", "deletionTimestamp"])
        .and_then(|end| end.checked_sub(SignedDuration::from_secs(grace)).ok())
        .unwrap_or_else(|| field::created(pod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_ten_minutes() {
        let seconds: Vec<i64> = [1, 2, 3, 6, 7, 100]
            .into_iter()
            .map(|failures| delay(failures).as_secs())
            .collect();
        assert_eq!(seconds, [10, 20, 40, 320, 600, 600]);
    }
}
