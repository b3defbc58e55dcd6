//! Reads what a decision over the versions of one secret looks at.

use std::collections::BTreeMap;

use crate::{
    api::{rollout, version::SECRET},
    cluster::{Cluster, ClusterError, Selector},
    object::{Gvk, Object},
    rollout::{workload_target, workload_template},
    version::{self, Metadata, Opened, Snapshot},
};

/// The Secrets that are labelled as versions of a secret.
///
/// # Errors
/// What the cluster answers.
pub(in crate::controller) async fn labelled(
    cluster: &Cluster,
    namespace: Option<&str>,
    secrets: impl IntoIterator<Item = &str>,
) -> Result<Vec<Object>, ClusterError> {
    let values: Vec<String> = secrets.into_iter().map(version::label_value).collect();
    let selector = Selector::labels(format!("{SECRET} in ({})", values.join(",")));
    let listed = cluster
        .list(&Gvk::new("", "v1", "Secret"), namespace, &selector)
        .await?;
    Ok(listed.objects)
}

/// All that concerns one SealedSecret, Rollouts and ReplicaSets listed completely.
///
/// # Errors
/// What the cluster answers: what is not read completely is not judged.
pub(super) async fn observe(
    cluster: &Cluster,
    sealed: Object,
    opened: Opened,
    metadata: Option<Metadata>,
    plain: Option<Object>,
    versions: Vec<Object>,
) -> Result<Snapshot, ClusterError> {
    let namespace = sealed.namespace();
    let rollouts = listed(cluster, &rollout::gvk(), namespace).await?;
    let replica_sets = listed(cluster, &Gvk::new("apps", "v1", "ReplicaSet"), namespace).await?;
    let mut templates = BTreeMap::new();
    for rollout in &rollouts {
        // A workload of another kind is told by the Rollout itself.
        if let Ok(Some(target)) = workload_target(rollout)
            && let Some(workload) = cluster.get(&target).await?
        {
            let template = workload_template(&workload).cloned().unwrap_or_default();
            templates.insert(rollout.name().to_owned(), template);
        }
    }
    Ok(Snapshot {
        sealed,
        opened,
        metadata,
        plain,
        versions,
        rollouts,
        templates,
        replica_sets,
        pods: None,
        looked: BTreeMap::new(),
    })
}

/// Reads what a decision asks for besides, until it asks for nothing.
///
/// # Errors
/// What the cluster answers.
pub(super) async fn complete(
    cluster: &Cluster,
    snapshot: &mut Snapshot,
    needs: impl Fn(&Snapshot) -> version::Needs,
) -> Result<(), ClusterError> {
    loop {
        let needs = needs(snapshot);
        if needs.is_empty() {
            return Ok(());
        }
        for target in needs.objects {
            match cluster.get(&target).await? {
                // Another controller has just written it.
                Some(found) if version::number_of(&found, snapshot.secret()).is_some() => {
                    snapshot.versions.push(found);
                    snapshot.looked.insert(target, true);
                }
                found => {
                    snapshot.looked.insert(target, found.is_some());
                }
            }
        }
        if needs.pods {
            let pods = Gvk::new("", "v1", "Pod");
            snapshot.pods = Some(listed(cluster, &pods, snapshot.sealed.namespace()).await?);
        }
    }
}

/// All objects of a kind; none where the kind is not installed.
async fn listed(
    cluster: &Cluster,
    gvk: &Gvk,
    namespace: Option<&str>,
) -> Result<Vec<Object>, ClusterError> {
    match cluster.list(gvk, namespace, &Selector::default()).await {
        Ok(listed) => Ok(listed.objects),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
