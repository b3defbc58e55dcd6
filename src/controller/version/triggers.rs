//! What makes a SealedSecret that is opted in be looked at: its versions, Rollouts and their ReplicaSets.

use futures::{Stream, StreamExt, stream};
use kube::runtime::{WatchStreamExt, reflector};
use serde_json::Value;

use super::{
    index::{Index, Place, sealed_refs},
    readers::Readers,
};
use crate::{
    api::{rollout, sealed_secret},
    cluster::{Cluster, ClusterError, LiveEvent, LiveStore, Watch},
    object::{Gvk, Object, ObjectRef},
    rollout::{workload_target, workload_template},
    version,
};

/// The kinds whose objects read secrets.
pub(super) fn kinds() -> [Gvk; 2] {
    [rollout::gvk(), Gvk::new("apps", "v1", "ReplicaSet")]
}

/// Keeps those who read secrets up to date, and gives the SealedSecrets whose secrets a changed one names.
///
/// # Errors
/// [`ClusterError::UnknownKind`], which the table of kinds rules out.
pub(super) fn named(
    cluster: &Cluster,
    namespace: Option<&str>,
    index: &Index,
    readers: &Readers,
    store: &LiveStore,
) -> Result<impl Stream<Item = ObjectRef> + Send + use<>, ClusterError> {
    let mut all = stream::SelectAll::new();
    for gvk in kinds() {
        let watch = Watch::all(gvk.clone()).within(namespace);
        let (index, store, readers) = (index.clone(), store.clone(), readers.clone());
        let cluster = cluster.clone();
        let events = cluster.watch(&watch)?.default_backoff();
        let places = events.then(move |event| {
            let (gvk, cluster, readers) = (gvk.clone(), cluster.clone(), readers.clone());
            async move {
                match event {
                    Ok(event) => {
                        let template = template(&cluster, &event).await;
                        readers.take(&gvk, event, template)
                    }
                    Err(error) => {
                        if ClusterError::from(error).is_not_found() {
                            readers.has_none(&gvk);
                        }
                        std::collections::BTreeSet::new()
                    }
                }
            }
        });
        let places = places.flat_map(move |places| {
            let (index, store) = (index.clone(), store.clone());
            stream::iter(places.into_iter().filter(move |place| {
                // Versions of what is opted out go with their last ReplicaSet.
                is_opted_in(&store, place) || index.has_versions(&place.0, &place.1)
            }))
        });
        all.push(places.boxed());
    }
    Ok(sealed_refs(all))
}

/// The template of the workload that a changed Rollout refers to. It is read anew with each change of the Rollout,
/// which notes in its status when the workload has changed.
async fn template(cluster: &Cluster, event: &LiveEvent) -> Option<Value> {
    let (LiveEvent::Apply(live) | LiveEvent::InitApply(live)) = event else {
        return None;
    };
    referred(cluster, live.object()).await.ok().flatten()
}

/// The template of the workload that a Rollout refers to, empty where that is not there; `None` where it refers to none.
///
/// # Errors
/// What the cluster answers.
pub(super) async fn referred(
    cluster: &Cluster,
    rollout: &Object,
) -> Result<Option<Value>, ClusterError> {
    // A workload of another kind is told by the Rollout itself.
    let Ok(Some(target)) = workload_target(rollout) else {
        return Ok(None);
    };
    let found = cluster.get(&target).await?;
    let template = found.as_ref().and_then(workload_template).cloned();
    Ok(Some(template.unwrap_or_default()))
}

/// Whether the SealedSecret of a secret is there and opted in, as the watch has shown it last.
fn is_opted_in(store: &LiveStore, (namespace, name): &Place) -> bool {
    let gvk = Gvk::new(
        sealed_secret::GROUP,
        sealed_secret::VERSION,
        sealed_secret::KIND,
    );
    let Ok(resource) = Watch::all(gvk).resource() else {
        return false;
    };
    let named = reflector::ObjectRef::new_with(name, resource).within(namespace);
    store
        .get(&named)
        .is_some_and(|live| version::is_opted_in(live.object()))
}
