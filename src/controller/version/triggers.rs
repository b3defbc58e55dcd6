//! What makes a SealedSecret that is opted in be looked at: its versions, Rollouts and their ReplicaSets.

use std::{collections::BTreeSet, sync::Arc};

use futures::{Stream, StreamExt, stream};
use kube::runtime::{WatchStreamExt, reflector};

use super::index::{Index, Place, sealed_refs};
use crate::{
    api::{rollout, sealed_secret},
    cluster::{Cluster, ClusterError, LiveEvent, LiveStore, Watch},
    object::{Gvk, Object, ObjectRef},
    version,
};

/// The SealedSecrets whose secrets a changed Rollout or ReplicaSet names.
///
/// # Errors
/// [`ClusterError::UnknownKind`], which the table of kinds rules out.
pub(super) fn named(
    cluster: &Cluster,
    namespace: Option<&str>,
    index: &Index,
    store: &LiveStore,
) -> Result<impl Stream<Item = ObjectRef> + Send + use<>, ClusterError> {
    let of = |gvk: Gvk| {
        let watch = Watch::all(gvk).within(namespace);
        let (index, store) = (index.clone(), store.clone());
        Ok::<_, ClusterError>(
            cluster
                .watch(&watch)?
                .default_backoff()
                .flat_map(move |event| {
                    let changed = event.ok().and_then(changed);
                    let places = changed
                        .map(|object| places(&object, &store))
                        .unwrap_or_default();
                    let (index, store) = (index.clone(), store.clone());
                    stream::iter(places.into_iter().filter(move |place| {
                        // Versions of what is opted out go with their last ReplicaSet.
                        is_opted_in(&store, place) || index.has_versions(&place.0, &place.1)
                    }))
                }),
        )
    };
    let rollouts = of(rollout::gvk())?;
    let sets = of(Gvk::new("apps", "v1", "ReplicaSet"))?;
    Ok(sealed_refs(stream::select(rollouts.boxed(), sets.boxed())))
}

/// The secrets that a template names, by the plain name or by that of a version. The template of a workload that a
/// Rollout refers to is not at hand: any secret of its namespace may be meant.
fn places(object: &Object, store: &LiveStore) -> BTreeSet<Place> {
    let namespace = object.namespace().unwrap_or_default();
    if object.at(&["spec", "workloadRef"]).is_some() {
        let all = store.state();
        let names = all
            .iter()
            .map(|live| live.object())
            .filter(|sealed| sealed.namespace() == Some(namespace))
            .map(|sealed| (namespace.to_owned(), sealed.name().to_owned()));
        return names.collect();
    }
    let named = version::secrets(&version::template_in(object), namespace);
    let stems = named.iter().filter_map(|name| version::stem(name));
    let all = named.iter().map(String::as_str).chain(stems);
    all.map(|name| (namespace.to_owned(), name.to_owned()))
        .collect()
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

fn changed(event: LiveEvent) -> Option<Arc<Object>> {
    match event {
        LiveEvent::Apply(live) | LiveEvent::InitApply(live) | LiveEvent::Delete(live) => {
            Some(live.object().clone())
        }
        LiveEvent::Init | LiveEvent::InitDone => None,
    }
}
