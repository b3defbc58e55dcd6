//! Reads what a decision over one Rollout needs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    api::analysis,
    cluster::{Cluster, ClusterError, Selector},
    object::{Gvk, Object},
    rollout::decide::{self, Snapshot},
};

/// The kind of ReplicaSets.
pub(super) fn replica_set_gvk() -> Gvk {
    Gvk::new("apps", "v1", "ReplicaSet")
}

/// All that one Rollout stands on, as it is now.
///
/// # Errors
/// What the cluster answers.
pub(super) async fn observe(cluster: &Cluster, rollout: Object) -> Result<Snapshot, ClusterError> {
    let replica_sets = owned(cluster, &rollout, &replica_set_gvk()).await?;
    let runs = owned(cluster, &rollout, &analysis::run_gvk()).await?;
    let mut objects = BTreeMap::new();
    for target in decide::needs(&rollout) {
        let found = cluster.get(&target).await?;
        objects.insert(target, found);
    }
    Ok(Snapshot {
        rollout,
        effective_template: None,
        matching: None,
        replica_sets,
        runs,
        objects,
    })
}

/// The objects of a kind that the Rollout controls.
async fn owned(
    cluster: &Cluster,
    rollout: &Object,
    gvk: &Gvk,
) -> Result<Vec<Object>, ClusterError> {
    let listed = cluster
        .list(gvk, rollout.namespace(), &Selector::default())
        .await?;
    let uid = rollout.uid().unwrap_or_default();
    let is_ours = |found: &Object| {
        owner(found).is_some_and(|owner| owner.get("uid").and_then(Value::as_str) == Some(uid))
    };
    Ok(listed.objects.into_iter().filter(is_ours).collect())
}

/// The owner that controls an object.
pub(super) fn owner(object: &Object) -> Option<&Value> {
    let owners = object.at(&["metadata", "ownerReferences"])?.as_array()?;
    owners
        .iter()
        .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
}
