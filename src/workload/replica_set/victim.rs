//! Which pods go first when there are too many, and when a pod is ready and available.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    object::Object,
    workload::{condition, field},
};

/// Annotation by which people say which pods they would rather keep.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Whether the pod's condition `Ready` is True.
pub fn is_ready(pod: &Object) -> bool {
    condition::is_true(field::list(pod, &["status", "conditions"]), "Ready")
}

/// Since when the pod is ready, if it is.
pub fn ready_since(pod: &Object) -> Option<Timestamp> {
    let conditions = field::list(pod, &["status", "conditions"]);
    let ready = condition::find(conditions, "Ready")?;
    if condition::field(ready, "status") != "True" {
        return None;
    }
    condition::field(ready, "lastTransitionTime").parse().ok()
}

/// Whether the pod has been ready for at least this long (`IsPodAvailable`).
pub fn is_available(pod: &Object, min_ready: SignedDuration, now: Timestamp) -> bool {
    if min_ready.is_zero() {
        return is_ready(pod);
    }
    ready_since(pod)
        .and_then(|since| since.checked_add(min_ready).ok())
        .is_some_and(|at| at <= now)
}

/// The pods that go first (`ActivePodsWithRanks`; with a single node its rank of neighbours says nothing).
pub fn first<'a>(pods: &[&'a Object], count: usize, now: Timestamp) -> Vec<&'a Object> {
    let mut sorted = pods.to_vec();
    sorted.sort_by(|a, b| compare(a, b, now));
    sorted.truncate(count);
    sorted
}

fn compare(a: &Object, b: &Object, now: Timestamp) -> Ordering {
    let assigned = |pod: &Object| !field::text(pod, &["spec", "nodeName"]).is_empty();
    assigned(a)
        .cmp(&assigned(b))
        .then_with(|| phase(a).cmp(&phase(b)))
        .then_with(|| is_ready(a).cmp(&is_ready(b)))
        .then_with(|| cost(a).cmp(&cost(b)))
        .then_with(|| match (ready_since(a), ready_since(b)) {
            (Some(one), Some(other)) => by_age((one, a), (other, b), now),
            _ => Ordering::Equal,
        })
        .then_with(|| restarts(b).cmp(&restarts(a)))
        .then_with(|| by_age((field::created(a), a), (field::created(b), b), now))
        .then_with(|| a.name().cmp(b.name()))
}

/// Younger first; ages of the same magnitude count as equal, and the uid decides.
fn by_age(a: (Timestamp, &Object), b: (Timestamp, &Object), now: Timestamp) -> Ordering {
    if a.0 == b.0 {
        return Ordering::Equal;
    }
    magnitude(a.0, now)
        .cmp(&magnitude(b.0, now))
        .then_with(|| a.1.uid().cmp(&b.1.uid()))
}

/// The binary magnitude of an age in nanoseconds, -1 for none.
fn magnitude(since: Timestamp, now: Timestamp) -> i64 {
    let age = now.duration_since(since).as_nanos();
    age.checked_ilog2().map_or(-1, i64::from)
}

fn phase(pod: &Object) -> u8 {
    match field::text(pod, &["status", "phase"]) {
        "Unknown" => 1,
        "Running" => 2,
        _ => 0,
    }
}

fn cost(pod: &Object) -> i32 {
    pod.annotation(DELETION_COST)
        .and_then(|cost| cost.parse().ok())
        .unwrap_or(0)
}

fn restarts(pod: &Object) -> i64 {
    field::list(pod, &["status", "containerStatuses"])
        .iter()
        .filter_map(|status| status.get("restartCount").and_then(Value::as_i64))
        .max()
        .unwrap_or(0)
}
