//! Reads what a decision over the versions of one secret looks at.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::Value;
use tokio::time::timeout;

use super::{
    pods::Pods,
    readers::{Concerned, Readers},
    triggers::{kinds, referred},
};
use crate::{
    api::version::SECRET,
    cluster::{Cluster, ClusterError, Selector},
    object::{Gvk, Object, ObjectRef},
    plan::Effect,
    version::{self, Metadata, Opened, Snapshot},
};

/// How long a pass waits for the watches to list everything, before it does so itself.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// All that concerns one SealedSecret: those who read it as watches have shown them, none left out.
///
/// # Errors
/// What the cluster answers: what is not read completely is not judged.
pub(super) async fn observe(
    cluster: &Cluster,
    readers: &Readers,
    sealed: Object,
    opened: Opened,
    metadata: Option<Metadata>,
    plain: Option<Object>,
    versions: Vec<Object>,
) -> Result<Snapshot, ClusterError> {
    let is_complete = timeout(PATIENCE, readers.complete(kinds().len()));
    let Concerned {
        rollouts,
        templates,
        replica_sets,
    } = match is_complete.await {
        Ok(()) => readers.concerned(sealed.namespace().unwrap_or_default(), sealed.name()),
        Err(_) => all(cluster, sealed.namespace()).await?,
    };
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

/// All who could read a secret of a namespace, read anew.
async fn all(cluster: &Cluster, namespace: Option<&str>) -> Result<Concerned, ClusterError> {
    let [rollouts, sets] = kinds();
    let rollouts = listed(cluster, &rollouts, namespace).await?;
    let replica_sets = listed(cluster, &sets, namespace).await?;
    let templates = templates(cluster, &rollouts).await?;
    Ok(Concerned {
        rollouts,
        templates,
        replica_sets,
    })
}

async fn templates(
    cluster: &Cluster,
    rollouts: &[Object],
) -> Result<BTreeMap<String, Value>, ClusterError> {
    let mut templates = BTreeMap::new();
    for rollout in rollouts {
        if let Some(template) = referred(cluster, rollout).await? {
            templates.insert(rollout.name().to_owned(), template);
        }
    }
    Ok(templates)
}

/// Whether effects cannot be taken back by a later pass: content written for all, or a version deleted.
pub(super) fn is_final(snapshot: &Snapshot, effects: &[Effect]) -> bool {
    effects.iter().any(|effect| match effect {
        Effect::Create(object) | Effect::Replace(object) => object.name() == snapshot.secret(),
        Effect::Delete { .. } => true,
        _ => false,
    })
}

/// Reads anew those on whom final effects stand: what watches have shown may be older than what was read besides.
///
/// # Errors
/// What the cluster answers.
pub(super) async fn confirm(
    cluster: &Cluster,
    snapshot: &mut Snapshot,
    effects: &[Effect],
) -> Result<(), ClusterError> {
    let rollouts = again(cluster, &snapshot.rollouts, |_| true).await?;
    snapshot.templates = templates(cluster, &rollouts).await?;
    snapshot.rollouts = rollouts;
    let secret = snapshot.secret().to_owned();
    let gone: BTreeSet<u64> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Delete { target, .. } => version::number_in(&secret, &target.name),
            _ => None,
        })
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let namespace = snapshot.namespace().to_owned();
    let names = |set: &Object| {
        let held = version::held(&version::template_in(set), &namespace, &secret);
        matches!(held, version::Held::Version(number) if gone.contains(&number))
    };
    snapshot.replica_sets = again(cluster, &snapshot.replica_sets, names).await?;
    // A ReplicaSet owns what it names before it has pods: one that no watch has shown yet is told by that.
    let known: BTreeSet<ObjectRef> = snapshot
        .replica_sets
        .iter()
        .map(Object::reference)
        .collect();
    let versions = version::versions(&secret, &snapshot.versions);
    let owners: BTreeSet<ObjectRef> = versions
        .iter()
        .filter(|(number, _)| gone.contains(number))
        .flat_map(|(_, version)| owners(version.object))
        .filter(|owner| !known.contains(owner))
        .collect();
    for owner in owners {
        snapshot.replica_sets.extend(cluster.get(&owner).await?);
    }
    Ok(())
}

/// Objects as they are now, those that are chosen; one that is gone is left out.
async fn again(
    cluster: &Cluster,
    objects: &[Object],
    is_chosen: impl Fn(&Object) -> bool,
) -> Result<Vec<Object>, ClusterError> {
    let mut found = Vec::with_capacity(objects.len());
    for object in objects {
        if is_chosen(object) {
            found.extend(cluster.get(&object.reference()).await?);
        } else {
            found.push(object.clone());
        }
    }
    Ok(found)
}

/// The ReplicaSets that own a version.
fn owners(version: &Object) -> Vec<ObjectRef> {
    let listed = version
        .at(&["metadata", "ownerReferences"])
        .and_then(Value::as_array);
    let text = |owner: &Value, field: &str| {
        let text = owner.get(field).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let [_, sets] = kinds();
    let sets = listed
        .into_iter()
        .flatten()
        .filter(|owner| text(owner, "kind") == sets.kind)
        .map(|owner| ObjectRef::new(sets.clone(), version.namespace(), text(owner, "name")));
    sets.collect()
}

/// Reads what a decision asks for besides, until it asks for nothing.
///
/// # Errors
/// What the cluster answers.
pub(super) async fn complete(
    cluster: &Cluster,
    pods: &Pods,
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
            let names = snapshot.versions.iter().map(Object::name);
            let names: BTreeSet<&str> = names.collect();
            let found = pods.reading(cluster, snapshot.namespace(), &names).await?;
            snapshot.pods = Some(found);
        }
    }
}

/// All objects of a kind; none where the kind is not installed.
pub(super) async fn listed(
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
