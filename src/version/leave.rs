//! Opting out: nothing restarts, marks go, and versions go with the last ReplicaSet that names them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    collect::collect,
    condition,
    decide::{Decision, told},
    input::sealed_from,
    read::versions,
    snapshot::{Needs, Snapshot},
    write::{self, Marks},
};
use crate::{
    api::version::event,
    plan::{EventSeverity, Next},
};

/// When versions are looked at again that only pods hold.
const PODS_AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// What must be read before [`leave`] can be called.
pub fn leave_needs(snapshot: &Snapshot) -> Needs {
    Needs {
        pods: collect(snapshot, &BTreeSet::new()).needs_pods,
        ..Needs::default()
    }
}

/// Decides what to do with the versions of a SealedSecret that is not opted in any more. The plain Secret is none of
/// this: it is written as for every other SealedSecret.
pub fn leave(snapshot: &Snapshot, now: Timestamp) -> Decision {
    let collected = collect(snapshot, &BTreeSet::new());
    let mut effects = Vec::new();
    let all = versions(snapshot.secret(), &snapshot.versions);
    let is_first = condition::said(&snapshot.sealed).is_some();
    let input = sealed_from(&snapshot.sealed);
    let applies = all.values().filter(|version| {
        is_first
            && version.is_desired()
            && version.sealed_from() == input
            && !version.rejections().is_empty()
    });
    for version in applies {
        let by: Vec<String> = version.rejections().into_keys().collect();
        let message = format!(
            "Version {} applies now for everybody, though it was rejected by Rollout {}",
            version.number,
            by.join(", ")
        );
        effects.push(told(
            snapshot,
            EventSeverity::Warning,
            event::APPLIES,
            message,
        ));
    }
    let gone: BTreeSet<String> = collected
        .effects
        .iter()
        .filter_map(|effect| match effect {
            crate::plan::Effect::Delete { target, .. } => Some(target.name.clone()),
            _ => None,
        })
        .collect();
    for version in all.values() {
        if gone.contains(version.object.name()) {
            continue;
        }
        let marks = Marks {
            is_given: version.is_given(),
            last: version.last().max(version.number),
            rejections: version.rejections(),
            ..Marks::default()
        };
        effects.extend(write::marked(snapshot, version, &marks));
    }
    effects.extend(collected.effects);
    let next = if collected.waits_for_pods {
        now.checked_add(PODS_AGAIN).map_or(Next::Backoff, Next::At)
    } else {
        Next::AwaitChange
    };
    Decision {
        effects,
        condition: None,
        desired: None,
        next,
    }
}
