//! Collection: which versions nobody needs any more.

use std::collections::BTreeSet;

use super::{
    consume::{remembered, template_in},
    effective::{Held, held},
    pin,
    read::{Version, versions},
    snapshot::Snapshot,
};
use crate::{
    api::version::CANARY_HISTORY,
    object::Object,
    plan::{Effect, Precondition},
};

/// What is known of versions that nothing but pods could still need.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Deletes of those that go.
    pub effects: Vec<Effect>,
    /// Whether pods must be read first.
    pub needs_pods: bool,
    /// Whether some stay only because pods read them.
    pub waits_for_pods: bool,
}

/// Collects the versions that are not among `kept`, named by no ReplicaSet of the history, and read by no pod.
pub(super) fn collect(snapshot: &Snapshot, kept: &BTreeSet<u64>) -> Collected {
    let (namespace, secret) = (snapshot.namespace(), snapshot.secret());
    let with_pods_only = snapshot.sealed.annotation(CANARY_HISTORY) == Some("0");
    let mut needed = kept.clone();
    let sets = remembered(&snapshot.rollouts, &snapshot.replica_sets, with_pods_only);
    needed.extend(sets.into_iter().filter_map(|set| {
        match held(&template_in(set), namespace, secret) {
            Held::Version(number) => Some(number),
            _ => None,
        }
    }));
    needed.extend(snapshot.rollouts.iter().filter_map(|rollout| {
        let pins = pin::pins(rollout);
        pins.get(secret).map(|pin| pin.version)
    }));
    let all = versions(secret, &snapshot.versions);
    let spare: Vec<&Version<'_>> = all
        .values()
        .filter(|version| !needed.contains(&version.number))
        .collect();
    if spare.is_empty() {
        return Collected::default();
    }
    let Some(pods) = &snapshot.pods else {
        return Collected {
            needs_pods: true,
            ..Collected::default()
        };
    };
    let read: BTreeSet<u64> = pods
        .iter()
        .filter(|pod| !is_finished(pod))
        .filter_map(|pod| match held(&pod.to_value(), namespace, secret) {
            Held::Version(number) => Some(number),
            _ => None,
        })
        .collect();
    let mut collected = Collected::default();
    for version in spare {
        if read.contains(&version.number) {
            collected.waits_for_pods = true;
            continue;
        }
        collected.effects.push(Effect::Delete {
            target: version.object.reference(),
            precondition: Precondition {
                uid: version.object.uid().map(str::to_owned),
                resource_version: version.object.resource_version().map(str::to_owned),
            },
        });
    }
    collected
}

/// Whether a pod has run to its end, and reads nothing any more.
fn is_finished(pod: &Object) -> bool {
    let phase = pod
        .at(&["status", "phase"])
        .and_then(serde_json::Value::as_str);
    matches!(phase, Some("Succeeded" | "Failed"))
}
