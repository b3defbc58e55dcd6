//! What of the cluster concerns which Application: the watched kinds, and the index of their objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
};
use kube::runtime::WatchStreamExt;
use tokio::task::JoinHandle;

use crate::{
    cluster::{Cluster, Resource},
    object::ObjectRef,
    sync::Key,
};

/// Watches the kinds that Applications have, and wakes those whose objects change. Cheap to clone.
#[derive(Clone)]
pub(super) struct Watches(Arc<Inner>);

struct Inner {
    cluster: Cluster,
    wake: UnboundedSender<ObjectRef>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watched: BTreeMap<(String, String), JoinHandle<()>>,
    index: BTreeMap<Key, BTreeSet<ObjectRef>>,
    of_app: BTreeMap<ObjectRef, BTreeSet<Key>>,
}

impl Watches {
    pub(super) fn new(cluster: &Cluster) -> (Self, UnboundedReceiver<ObjectRef>) {
        let (wake, woken) = unbounded();
        let inner = Inner {
            cluster: cluster.clone(),
            wake,
            state: Mutex::default(),
        };
        (Self(Arc::new(inner)), woken)
    }

    /// Looks at an Application soon.
    pub(super) fn wake(&self, app: &ObjectRef) {
        // Without a receiver the loop is over.
        let _ = self.0.wake.unbounded_send(app.clone());
    }

    /// Says which objects an Application has now.
    pub(super) fn set(&self, app: &ObjectRef, keys: BTreeSet<Key>) {
        let mut state = self.state();
        let before = state
            .of_app
            .insert(app.clone(), keys.clone())
            .unwrap_or_default();
        for gone in before.difference(&keys) {
            if let Some(apps) = state.index.get_mut(gone) {
                apps.remove(app);
                if apps.is_empty() {
                    state.index.remove(gone);
                }
            }
        }
        for key in keys {
            state.index.entry(key).or_default().insert(app.clone());
        }
    }

    /// Watches a kind from now on.
    pub(super) fn watch(&self, resource: &Resource) {
        let kind = (resource.gvk.group.clone(), resource.gvk.kind.clone());
        let mut state = self.state();
        if state.watched.contains_key(&kind) {
            return;
        }
        let changes = self.0.cluster.watch_any(resource).default_backoff();
        let this = Arc::downgrade(&self.0);
        let task = tokio::spawn(async move {
            let mut changes = std::pin::pin!(changes);
            while let Some(change) = changes.next().await {
                let Some(inner) = this.upgrade() else { return };
                for object in change.unwrap_or_default() {
                    Self(inner.clone()).changed(object);
                }
            }
        });
        state.watched.insert(kind, task);
    }

    /// Watches nothing any more, and forgets what concerns whom.
    pub(super) fn clear(&self) {
        let state = std::mem::take(&mut *self.state());
        for task in state.watched.values() {
            task.abort();
        }
    }

    fn changed(&self, object: ObjectRef) {
        let key = Key {
            group: object.gvk.group,
            kind: object.gvk.kind,
            namespace: object.namespace.unwrap_or_default(),
            name: object.name,
        };
        let apps = self.state().index.get(&key).cloned().unwrap_or_default();
        for app in apps {
            self.wake(&app);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        for task in state.watched.values() {
            task.abort();
        }
    }
}
