//! Reads what a decision over one Rollout needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{cache::Cache, latest::Latest};
use crate::{
    api::{analysis, sealed_secret},
    cluster::{Cluster, ClusterError, Selector},
    object::{Gvk, LabelSelector, Object, ObjectRef},
    plan::Effect,
    rollout::decide::{self, Snapshot},
    version,
    workload::adopt,
};

/// The most looks for what is named; what is found may name more.
const MOST_LOOKS: usize = 16;

/// The kinds of which whole objects are written.
const WRITTEN_WHOLE: &[&str] = &["HTTPRoute", "TraefikService"];

/// A cluster, and what is already known of it.
pub(super) struct Known {
    pub(super) cluster: Cluster,
    /// What is known of the Rollouts themselves.
    pub(super) latest: Latest,
    cache: Mutex<Cache>,
}

impl Known {
    pub(super) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            latest: Latest::default(),
            cache: Mutex::default(),
        }
    }

    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kind of ReplicaSets.
pub(super) fn replica_set_gvk() -> Gvk {
    Gvk::new("apps", "v1", "ReplicaSet")
}

/// All that one Rollout stands on, as it is now.
///
/// # Errors
/// What the cluster answers.
pub(super) async fn observe(known: &Known, rollout: Object) -> Result<Snapshot, ClusterError> {
    let replica_sets = owned(known, &rollout, &replica_set_gvk()).await?;
    let runs = owned(known, &rollout, &analysis::run_gvk()).await?;
    let mut objects = BTreeMap::new();
    for _ in 0..MOST_LOOKS {
        let wanted = decide::needs(&rollout, &objects);
        if wanted.is_empty() {
            break;
        }
        for target in wanted {
            let found = find(known, &target).await?;
            objects.insert(target, found);
        }
    }
    let mut named: BTreeSet<ObjectRef> = objects.keys().cloned().collect();
    let mut snapshot = Snapshot {
        rollout,
        effective_template: None,
        matching: None,
        is_held: false,
        replica_sets,
        runs,
        objects,
    };
    if let Some(labels) = snapshot.pods_needed() {
        let (pods, labels) = (Gvk::new("", "v1", "Pod"), Selector::labels(labels));
        let namespace = snapshot.rollout.namespace();
        let listed = known.cluster.list(&pods, namespace, &labels).await?;
        for pod in listed.objects {
            snapshot.objects.insert(pod.reference(), Some(pod));
        }
    }
    let namespace = snapshot.rollout.namespace();
    let secrets = version::secrets(&snapshot.template(), namespace.unwrap_or_default());
    named.extend(secrets.iter().map(|secret| sealed_ref(namespace, secret)));
    known
        .cache()
        .note_named(&snapshot.rollout.reference(), named);
    Ok(snapshot)
}

/// The SealedSecret that a secret would come from.
pub(super) fn sealed_ref(namespace: Option<&str>, secret: &str) -> ObjectRef {
    let gvk = Gvk::new(
        sealed_secret::GROUP,
        sealed_secret::VERSION,
        sealed_secret::KIND,
    );
    ObjectRef::new(gvk, namespace, secret)
}

/// What is to be written before anything is decided: ReplicaSets without an owner that the Rollout selects become its
/// own, and those that it selects no longer are let go.
pub(super) fn claims(known: &Known, snapshot: &Snapshot) -> Vec<Effect> {
    let rollout = &snapshot.rollout;
    let Ok(selector) = LabelSelector::from_value(&snapshot.selector()) else {
        return Vec::new();
    };
    if selector.is_everything() {
        return Vec::new();
    }
    let orphans = known
        .cache()
        .orphans(&replica_set_gvk(), rollout.namespace());
    let candidates = snapshot.replica_sets.iter().chain(&orphans).collect();
    adopt::claim(rollout, &selector, candidates).effects
}

/// An object, from what is known if its kind is known whole. A kind that the cluster has not is not there.
async fn find(known: &Known, target: &ObjectRef) -> Result<Option<Object>, ClusterError> {
    // Routes are written whole, so they are read anew: what a watch shows may be older.
    let is_written_whole = WRITTEN_WHOLE.contains(&target.gvk.kind.as_str());
    if !is_written_whole {
        let cache = known.cache();
        if cache.is_complete(&target.gvk) {
            return Ok(cache.get(target).map(|found| found.as_ref().clone()));
        }
    }
    known.cluster.get(target).await
}

/// The objects of a kind that the Rollout controls.
async fn owned(known: &Known, rollout: &Object, gvk: &Gvk) -> Result<Vec<Object>, ClusterError> {
    let uid = rollout.uid().unwrap_or_default();
    {
        let cache = known.cache();
        if cache.is_complete(gvk) {
            return Ok(cache.owned(gvk, uid));
        }
    }
    let all = Selector::default();
    let listed = known.cluster.list(gvk, rollout.namespace(), &all).await?;
    let is_ours = |found: &Object| found.controller_uid() == Some(uid);
    Ok(listed.objects.into_iter().filter(is_ours).collect())
}
