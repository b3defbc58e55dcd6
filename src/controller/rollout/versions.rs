//! Rollouts and versions of secrets: which template the pods are made from, and which ReplicaSet is made so already.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    super::version::{Index, labelled},
    observe::sealed_ref,
};
use crate::{
    api::{
        rollout::HASH_LABEL,
        version::{GIVEN, PIN, SEALED_FROM, TRUE},
    },
    clock::Clock,
    cluster::{Cluster, ClusterError},
    object::{Object, ObjectRef},
    plan::{Effect, Next, Precondition},
    rollout::{self, decide::Snapshot},
    version::{self, Choice, Delivered, Held},
};

/// How long a new revision waits for a second change of the same commit.
pub const SECOND_CHANGE: SignedDuration = SignedDuration::from_secs(2);

/// How long a new revision waits at most for a SealedSecret that nobody looks at.
pub const UNOBSERVED: SignedDuration = SignedDuration::from_secs(30);

/// Composes Rollouts with versions. Cheap to clone.
#[derive(Clone)]
pub(super) struct Versions {
    cluster: Cluster,
    clock: Clock,
    pub index: Index,
    /// Since when a Rollout waits to make a new ReplicaSet.
    waiting: Arc<Mutex<BTreeMap<ObjectRef, Timestamp>>>,
}

/// What is to be done before all else.
#[derive(Debug, Default)]
pub(super) struct Composed {
    /// Owner references of versions by the ReplicaSets that name them.
    pub effects: Vec<Effect>,
    /// When to look again, where nothing else is to be done until then.
    pub wait: Option<Next>,
    /// When to look again at the latest, where a new revision is not begun yet.
    pub held_until: Option<Timestamp>,
}

/// What is known of the secrets that a Rollout names.
struct Read {
    delivered: BTreeMap<String, Delivered>,
    versions: Vec<Object>,
}

impl Versions {
    pub fn new(cluster: &Cluster, clock: &Clock) -> Self {
        Self {
            cluster: cluster.clone(),
            clock: clock.clone(),
            index: Index::default(),
            waiting: Arc::default(),
        }
    }

    /// Gives a snapshot its effective template and judges its ReplicaSets, where secrets are delivered as versions.
    ///
    /// # Errors
    /// What the cluster answers.
    pub async fn compose(&self, snapshot: &mut Snapshot) -> Result<Composed, ClusterError> {
        let own = snapshot.template().into_owned();
        let rollout = &snapshot.rollout;
        let namespace = rollout.namespace().unwrap_or_default();
        let names = version::secrets(&own, namespace);
        let read = match names.is_empty() {
            true => None,
            false => self.read(snapshot, &own, &names).await?,
        };
        let Some(read) = read else {
            self.waiting().remove(&rollout.reference());
            return Ok(Composed::default());
        };
        if let Some(pins) = version::noted_pins(rollout, &read.delivered) {
            // By itself: a status written beside it would be refused as stale. The change brings the next pass.
            return Ok(Composed {
                effects: vec![Effect::Patch {
                    target: rollout.reference(),
                    patch: json!({"metadata": {"annotations": {PIN: pins}}}),
                    precondition: Precondition {
                        uid: rollout.uid().map(str::to_owned),
                        resource_version: rollout.resource_version().map(str::to_owned),
                    },
                }],
                wait: Some(Next::AwaitChange),
                held_until: None,
            });
        }
        let choices: BTreeMap<String, (Choice, Option<u64>)> = read
            .delivered
            .iter()
            .map(|(secret, delivered)| {
                let choice = version::choose(rollout, secret, delivered);
                (secret.clone(), (choice, delivered.adopted))
            })
            .collect();
        let taken: BTreeMap<String, u64> = choices
            .iter()
            .filter_map(|(secret, (choice, _))| match choice {
                Choice::Take(number) => Some((secret.clone(), *number)),
                Choice::Keep => None,
            })
            .collect();
        let judged = version::judged(
            rollout,
            &own,
            &snapshot.replica_sets,
            &choices,
            rollout::is_made_from,
        );
        let matching = judged.map(|set| set.name().to_owned());
        let effects = owners(&read, &own, &snapshot.replica_sets, namespace);
        let held_until = match &matching {
            Some(_) => None,
            None => self.wait(rollout, &read),
        };
        if let Some(at) = held_until {
            let wait = (!hold(snapshot)).then_some(Next::At(at));
            return Ok(Composed {
                effects,
                wait,
                held_until,
            });
        }
        if matching.is_some() {
            // Not before: a new ReplicaSet takes more than one pass, and is waited for once.
            self.waiting().remove(&rollout.reference());
        }
        snapshot.effective_template = Some(version::effective(&own, namespace, &taken));
        snapshot.matching = Some(matching.into_iter().collect());
        Ok(Composed {
            effects,
            ..Composed::default()
        })
    }

    /// Forgets a Rollout that is gone.
    pub fn forget(&self, rollout: &ObjectRef) {
        self.waiting().remove(rollout);
    }

    /// Reads the secrets of a Rollout as they are now; `None` if none is, or ever was, delivered as versions.
    async fn read(
        &self,
        snapshot: &Snapshot,
        own: &Value,
        names: &BTreeSet<String>,
    ) -> Result<Option<Read>, ClusterError> {
        let rollout = &snapshot.rollout;
        let namespace = rollout.namespace().unwrap_or_default();
        let is_known = |secret: &String| {
            let is_named = |set: &Object| {
                let live = version::template_in(set);
                matches!(
                    version::held_for(&live, own, namespace, secret),
                    Held::Version(_)
                )
            };
            !self.index.is_ready()
                || self.index.knows(namespace, secret)
                || snapshot.replica_sets.iter().any(is_named)
        };
        // What no watch has shown yet may be there all the same when a new ReplicaSet is about to be made.
        let is_new = || {
            !snapshot
                .replica_sets
                .iter()
                .any(|set| rollout::is_made_from(set, own))
        };
        if !names.iter().any(is_known) && !is_new() {
            return Ok(None);
        }
        // Before the versions: what a SealedSecret says that was done is there then.
        let mut sealed = BTreeMap::new();
        for secret in names {
            let target = sealed_ref(rollout.namespace(), secret);
            sealed.insert(secret, self.cluster.get(&target).await?);
        }
        let names_of_versions = names.iter().map(String::as_str);
        let versions = labelled(&self.cluster, rollout.namespace(), names_of_versions).await?;
        let mut delivered = BTreeMap::new();
        for (secret, sealed) in sealed {
            let found = Delivered::of(secret, sealed.as_ref(), &versions);
            if found.is_honoured || !found.existing.is_empty() {
                delivered.insert(secret.clone(), found);
            }
        }
        let read = Read {
            delivered,
            versions,
        };
        Ok((!read.delivered.is_empty()).then_some(read))
    }

    /// Until when a new ReplicaSet must not be made.
    fn wait(&self, rollout: &Object, read: &Read) -> Option<Timestamp> {
        let now = self.clock.now();
        let mut waiting = self.waiting();
        let since = waiting.entry(rollout.reference()).or_insert(now);
        // A clock that was set back must not make us wait for ever.
        *since = (*since).min(now);
        let second = since.checked_add(SECOND_CHANGE).ok()?;
        let last = since.checked_add(UNOBSERVED).ok()?;
        let is_unobserved = read
            .delivered
            .values()
            .any(|delivered| delivered.is_honoured && !delivered.is_observed);
        if now < second {
            return Some(second);
        }
        if is_unobserved && now < last {
            return Some(last);
        }
        if is_unobserved {
            tracing::warn!(object = %rollout.reference(), "a SealedSecret was not looked at in time; going on");
        }
        None
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<ObjectRef, Timestamp>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets everything go on with the current revision while a new one waits; whether there is one.
fn hold(snapshot: &mut Snapshot) -> bool {
    let hash = snapshot.rollout.at(&["status", "currentPodHash"]);
    let hash = hash.and_then(Value::as_str).filter(|hash| !hash.is_empty());
    let current = snapshot
        .replica_sets
        .iter()
        .find(|set| hash.is_some() && set.label(HASH_LABEL) == hash);
    let Some(current) = current else {
        return false;
    };
    let (name, template) = (current.name().to_owned(), version::template_in(current));
    snapshot.effective_template = Some(template);
    snapshot.matching = Some([name].into());
    snapshot.is_held = true;
    true
}

/// What makes each ReplicaSet an owner of the versions that it names, so that nobody takes them from its pods, and has
/// it say what they were sealed from, so that they are known again where somebody takes them all the same.
fn owners(read: &Read, own: &Value, sets: &[Object], namespace: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for set in sets {
        if set.at(&["metadata", "deletionTimestamp"]).is_some() {
            continue;
        }
        let live = version::template_in(set);
        let inputs = read.delivered.iter().filter_map(|(secret, delivered)| {
            let held = version::held_for(&live, own, namespace, secret);
            let number = held.number(delivered.adopted)?;
            let versions = version::versions(secret, &read.versions);
            let input = versions.get(&number)?.sealed_from().to_owned();
            Some((secret.clone(), input))
        });
        if let Some(noted) = version::noted_input(set, inputs.collect()) {
            effects.push(Effect::Patch {
                target: set.reference(),
                patch: json!({"metadata": {"annotations": {SEALED_FROM: noted}}}),
                precondition: Precondition {
                    uid: set.uid().map(str::to_owned),
                    resource_version: None,
                },
            });
        }
    }
    for secret in read.delivered.keys() {
        for version in version::versions(secret, &read.versions).values() {
            let naming = sets.iter().filter(|set| {
                let live = version::template_in(set);
                set.at(&["metadata", "deletionTimestamp"]).is_none()
                    && version::held(&live, namespace, secret) == Held::Version(version.number)
            });
            effects.extend(owned(version.object, naming));
        }
    }
    effects
}

/// The change that makes ReplicaSets owners of a version, if it needs one: merged, for many Rollouts may name it, and
/// all do so at once.
fn owned<'a>(version: &Object, sets: impl Iterator<Item = &'a Object>) -> Option<Effect> {
    let owners = version
        .at(&["metadata", "ownerReferences"])
        .and_then(Value::as_array);
    let has = |uid: &str| {
        let mut uids = owners
            .into_iter()
            .flatten()
            .filter_map(|owner| owner.get("uid"));
        uids.any(|found| found == uid)
    };
    let owners: Vec<Value> = sets
        .map(|set| (set.name(), set.uid().unwrap_or_default()))
        .filter(|(_, uid)| !has(uid))
        .map(|(name, uid)| {
            json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": uid})
        })
        .collect();
    if owners.is_empty() {
        return None;
    }
    Some(Effect::Merge {
        target: version.reference(),
        patch: json!({"metadata": {"ownerReferences": owners, "annotations": {GIVEN: TRUE}}}),
        precondition: Precondition {
            uid: version.uid().map(str::to_owned),
            resource_version: None,
        },
    })
}
