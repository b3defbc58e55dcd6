//! Promotion: when the plain name takes the desired version, and who is waited for until then.

use std::collections::BTreeMap;

use super::{consume::Consumer, read::Rejection, state::State};

/// Whether the desired version is promoted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is already.
    Settled,
    /// Now.
    Promote,
    /// Nobody reads it, and it was tried before: somebody has to say so.
    Nobody,
    /// Not yet: these Rollouts are not on it, each with what is in its way.
    Waits(Vec<String>),
}

/// Judges by completely listed consumers.
pub(super) fn judge(
    state: &State<'_>,
    rejections: &BTreeMap<u64, BTreeMap<String, Rejection>>,
) -> Verdict {
    let desired = state.desired;
    if state.promoted == Some(desired) {
        return Verdict::Settled;
    }
    if state.consumers.is_empty() {
        let version = state.versions.get(&desired);
        let is_given =
            version.is_some_and(|version| version.is_given()) || is_named(state, desired);
        let is_rejected = rejections
            .get(&desired)
            .is_some_and(|rejections| !rejections.is_empty());
        let is_asked_for = version.is_some_and(|version| version.is_asked_for());
        return if is_asked_for || (!is_given && !is_rejected) {
            Verdict::Promote
        } else {
            Verdict::Nobody
        };
    }
    let waited: Vec<String> = state
        .consumers
        .iter()
        .filter(|consumer| state.number_in(consumer, consumer.stable()) != Some(desired))
        .map(named)
        .collect();
    if waited.is_empty() {
        Verdict::Promote
    } else {
        Verdict::Waits(waited)
    }
}

/// Whether some ReplicaSet names a version.
pub(super) fn is_named(state: &State<'_>, number: u64) -> bool {
    let snapshot = state.snapshot;
    snapshot.replica_sets.iter().any(|set| {
        let template = super::consume::template_in(set);
        super::effective::held(&template, snapshot.namespace(), snapshot.secret())
            == super::effective::Held::Version(number)
    })
}

/// A Rollout, and what stops it if something does.
fn named(consumer: &Consumer<'_>) -> String {
    let is_set = |path: &[&str]| consumer.rollout.at(path) == Some(&true.into());
    let is_invalid = consumer
        .condition("InvalidSpec")
        .is_some_and(|(status, ..)| status == "True");
    let name = consumer.name();
    if is_invalid {
        format!("Rollout {name} (invalid)")
    } else if consumer.is_aborted() {
        format!("Rollout {name} (aborted)")
    } else if is_set(&["spec", "paused"]) {
        format!("Rollout {name} (paused)")
    } else {
        format!("Rollout {name}")
    }
}
