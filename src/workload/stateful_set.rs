//! StatefulSet: pods with names and volumes of their own, one after the other.
//!
//! Left out: `persistentVolumeClaimRetentionPolicy` (claims are always kept), and mending the labels and volumes of
//! pods that run.

mod pod;
mod status;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{adopt, deployment, field, member, replica_set, revision, revision::Found};
use crate::{
    object::{Gvk, LabelSelector, Object, ObjectRef},
    plan::{Effect, Next, Plan},
};

use pod::ordinal;

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// The StatefulSet.
    pub stateful_set: Object,
    /// Pods of its namespace that it controls, and those that nobody controls.
    pub pods: Vec<&'a Object>,
    /// ControllerRevisions likewise.
    pub revisions: Vec<Object>,
    /// Whatever has the name that [`needs`] gives.
    pub holder: Option<Object>,
    /// The claims of its namespace.
    pub claims: Vec<&'a Object>,
}

/// The revision that the StatefulSet would make now: a snapshot says whether its name is taken.
pub fn needs(stateful_set: &Object) -> ObjectRef {
    let gvk = Gvk::from_api_version("apps/v1", "ControllerRevision");
    ObjectRef::new(
        gvk,
        stateful_set.namespace(),
        revision::new_name(stateful_set),
    )
}

/// Decides one pass (`UpdateStatefulSet`): revision, pods and claims to make, pods to remove, update, status.
pub fn decide(snapshot: Snapshot<'_>, now: Timestamp) -> Plan {
    let Snapshot {
        stateful_set: set,
        pods,
        revisions,
        holder,
        claims,
    } = snapshot;
    let selector = set
        .at(&["spec", "selector"])
        .and_then(|selector| LabelSelector::from_value(selector).ok());
    let Some(selector) = selector else {
        return Plan::default();
    };
    let members = pods
        .into_iter()
        .filter(|pod| ordinal(&set, pod).is_some())
        .collect();
    let pods = adopt::claim(&set, &selector, members);
    let revisions = adopt::claim(&set, &selector, revisions);
    let adoptions = [pods.effects, revisions.effects].concat();
    if !adoptions.is_empty() {
        return Plan {
            effects: adoptions,
            ..Plan::default()
        };
    }
    let (update, old) = match revision::find(&set, revisions.owned, holder.as_ref()) {
        Found::Ready { update, old } => (update, old),
        Found::First(effects) => {
            return Plan {
                effects,
                ..Plan::default()
            };
        }
        Found::Collision => return revision::collided(&set),
    };
    let named = field::text(&set, &["status", "currentRevision"]);
    let current = old
        .iter()
        .find(|revision| revision.name() == named)
        .unwrap_or(&update)
        .clone();
    let is_live = |revision: &Object| {
        revision.name() == current.name()
            || pods
                .owned
                .iter()
                .any(|pod| pod.label(revision::POD_HASH) == Some(revision.name()))
    };
    let limit = field::int(&set, &["spec", "revisionHistoryLimit"], 10);
    let truncated = revision::truncate(&old, is_live, limit);
    let mut pass = Pass::begin(set, pods.owned, claims, &current, &update, now);
    if !field::is_deleting(&pass.set) && !pass.fill() && !pass.shrink() {
        pass.roll();
    }
    pass.effects.extend(truncated);
    pass.finish()
}

/// A pass in progress.
struct Pass<'a> {
    set: Object,
    current: &'a Object,
    update: &'a Object,
    /// By ordinal: those that there are to be.
    replicas: BTreeMap<i64, &'a Object>,
    /// Those beyond, by ordinal.
    condemned: BTreeMap<i64, &'a Object>,
    claims: BTreeMap<&'a str, &'a Object>,
    now: Timestamp,
    effects: Vec<Effect>,
    /// Pods of the current revision that are removed in this pass.
    outdated: i64,
}

impl<'a> Pass<'a> {
    fn begin(
        set: Object,
        pods: Vec<&'a Object>,
        claims: Vec<&'a Object>,
        current: &'a Object,
        update: &'a Object,
        now: Timestamp,
    ) -> Self {
        let mut pass = Self {
            set,
            current,
            update,
            replicas: BTreeMap::new(),
            condemned: BTreeMap::new(),
            claims: claims
                .into_iter()
                .map(|claim| (claim.name(), claim))
                .collect(),
            now,
            effects: Vec::new(),
            outdated: 0,
        };
        let wanted = pass.ordinals();
        for pod in pods {
            if let Some(ordinal) = ordinal(&pass.set, pod) {
                let side = if wanted.contains(&ordinal) {
                    &mut pass.replicas
                } else {
                    &mut pass.condemned
                };
                side.insert(ordinal, pod);
            }
        }
        pass
    }

    fn wanted(&self) -> i64 {
        field::int(&self.set, &["spec", "replicas"], 1)
    }

    fn start(&self) -> i64 {
        field::int(&self.set, &["spec", "ordinals", "start"], 0)
    }

    fn ordinals(&self) -> std::ops::Range<i64> {
        self.start()..self.start() + self.wanted()
    }

    /// Whether all pods are worked at together.
    fn is_parallel(&self) -> bool {
        field::text(&self.set, &["spec", "podManagementPolicy"]) == "Parallel"
    }

    fn min_ready(&self) -> SignedDuration {
        SignedDuration::from_secs(field::int(&self.set, &["spec", "minReadySeconds"], 0))
    }

    fn is_available(&self, pod: &Object) -> bool {
        replica_set::is_available(pod, self.min_ready(), self.now)
    }

    fn is_unavailable(&self, pod: &Object) -> bool {
        !self.is_available(pod) || field::is_deleting(pod)
    }

    fn is_updated(&self, pod: &Object) -> bool {
        pod.label(revision::POD_HASH) == Some(self.update.name())
    }

    /// Makes missing pods in their order; says whether what comes after must wait (`processReplica`).
    fn fill(&mut self) -> bool {
        let mut must_wait = false;
        for ordinal in self.ordinals() {
            let waits = match self.replicas.get(&ordinal).copied() {
                None => {
                    self.make(ordinal);
                    true
                }
                Some(pod) if member::has_ended(pod) => {
                    if !field::is_deleting(pod) {
                        self.remove(pod);
                    }
                    // Its successor has the same name, and comes when it is gone.
                    must_wait = true;
                    true
                }
                Some(pod) => {
                    if field::text(pod, &["status", "phase"]) == "Pending" {
                        self.make_claims(ordinal);
                    }
                    self.is_unavailable(pod)
                }
            };
            if waits && !self.is_parallel() {
                return true;
            }
        }
        must_wait
    }

    /// Removes pods beyond the wanted number, highest first; says whether an update must wait (`processCondemned`).
    fn shrink(&mut self) -> bool {
        let condemned: Vec<&Object> = self.condemned.values().rev().copied().collect();
        let first_unavailable = self
            .replicas
            .values()
            .chain(self.condemned.values())
            .find(|pod| self.is_unavailable(pod))
            .and_then(|pod| pod.uid());
        let mut acts = false;
        for pod in condemned {
            if self.is_parallel() {
                if !field::is_deleting(pod) {
                    self.remove(pod);
                    acts = true;
                }
                continue;
            }
            let is_in_the_way = first_unavailable == pod.uid();
            if !field::is_deleting(pod) && (self.is_available(pod) || is_in_the_way) {
                self.remove(pod);
            }
            return true;
        }
        acts
    }

    /// Removes pods of an older revision, highest first, as many as may be unavailable.
    fn roll(&mut self) {
        if field::text(&self.set, &["spec", "updateStrategy", "type"]) == "OnDelete" {
            return;
        }
        let unavailable: BTreeSet<i64> = self
            .ordinals()
            .filter(|ordinal| {
                self.replicas
                    .get(ordinal)
                    .is_none_or(|pod| self.is_unavailable(pod))
            })
            .collect();
        let most = self.max_unavailable();
        let room = usize::try_from(most)
            .unwrap_or(0)
            .saturating_sub(unavailable.len());
        let outdated: Vec<(i64, &Object)> = self
            .replicas
            .range(self.start() + self.partition()..)
            .rev()
            .map(|(ordinal, pod)| (*ordinal, *pod))
            .filter(|(_, pod)| !self.is_updated(pod) && !field::is_deleting(pod))
            .collect();
        let mut removed: Vec<&Object> = Vec::new();
        if self.is_parallel() {
            // What serves nobody goes first, and does not count.
            let (idle, serving): (Vec<_>, Vec<_>) = outdated
                .into_iter()
                .partition(|(ordinal, _)| unavailable.contains(ordinal));
            removed.extend(idle.into_iter().map(|(_, pod)| pod));
            removed.extend(serving.into_iter().take(room).map(|(_, pod)| pod));
        } else {
            removed.extend(outdated.into_iter().take(room).map(|(_, pod)| pod));
        }
        for pod in removed {
            self.remove(pod);
            if pod.label(revision::POD_HASH) == Some(self.current.name()) {
                self.outdated += 1;
            }
        }
    }

    fn partition(&self) -> i64 {
        let path = ["spec", "updateStrategy", "rollingUpdate", "partition"];
        field::int(&self.set, &path, 0)
    }

    fn max_unavailable(&self) -> i64 {
        let path = ["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"];
        let one = Value::from(1);
        let value = self.set.at(&path).filter(|value| !value.is_null());
        deployment::scaled(value.unwrap_or(&one), self.wanted(), false)
            .unwrap_or(1)
            .max(1)
    }

    /// When the next ready pod will have been ready long enough.
    fn next(&self) -> Next {
        self.replicas
            .values()
            .filter(|pod| !self.is_available(pod))
            .filter_map(|pod| replica_set::ready_since(pod))
            .filter_map(|since| since.checked_add(self.min_ready()).ok())
            .min()
            .map_or(Next::AwaitChange, Next::At)
    }

    fn finish(mut self) -> Plan {
        let status = self.status();
        let mut plan = Plan {
            next: self.next(),
            effects: std::mem::take(&mut self.effects),
            ..Plan::default()
        };
        let before = self.set.at(&["status"]).unwrap_or(&Value::Null);
        if field::significant(before) != field::significant(&status) {
            self.set.set(&["status"], status);
            plan.status = Some(self.set);
        }
        plan
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
