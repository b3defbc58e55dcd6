//! The server as a value: one store, one registry, one clock.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use axum::Router;
use tokio::sync::watch;

use super::{
    data::{DataFolder, DataHealth, Journal},
    error::{ApiError, ApiResult},
    fresh, gc, http, openapi,
    registry::Registry,
    store::{Change, ChangeKind, GroupResource, Store},
};
use crate::clock::Clock;

/// How a sandbox is made.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Tells creation times, and when graceful deletions end.
    pub clock: Clock,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            clock: Clock::wall(),
        }
    }
}

/// A Kubernetes API server in this process; cheap to clone, clones are the same server.
#[derive(Clone, Debug)]
pub struct Sandbox(Arc<State>);

#[derive(Debug)]
struct State {
    clock: Clock,
    core: Mutex<Core>,
    journal: Option<Journal>,
    /// Tells watchers of a resource that it changed.
    wakes: Mutex<BTreeMap<GroupResource, watch::Sender<u64>>>,
    openapi: openapi::Cache,
    proxies: RwLock<BTreeMap<(String, String), Router>>,
}

#[derive(Debug)]
struct Core {
    store: Store,
    registry: Arc<Registry>,
}

fn unpoisoned<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sandbox {
    /// Makes a server with the namespaces and objects of a fresh cluster, kept in memory.
    pub fn new(options: SandboxOptions) -> Self {
        Self::over(options, Store::default(), None)
    }

    /// Makes a server with the objects of a data folder; each write is on disk before it is acknowledged.
    pub fn with_data(options: SandboxOptions, folder: &DataFolder) -> Self {
        let (store, journal) = folder.start();
        Self::over(options, store, journal)
    }

    fn over(options: SandboxOptions, mut store: Store, journal: Option<Journal>) -> Self {
        let definitions = GroupResource::new("apiextensions.k8s.io", "customresourcedefinitions");
        let mut registry = Registry::built_in();
        for (_, definition) in store
            .shelf(&definitions)
            .into_iter()
            .flat_map(|shelf| shelf.range("", None))
        {
            registry = registry.with_definition(&definition.object);
        }
        let now = options.clock.now();
        fresh::fill(&mut store, &registry, now);
        gc::settle(&mut store, &registry, now, 0);
        let changes = store.take_fresh();
        if let Some(journal) = &journal
            && !changes.is_empty()
            // Nobody waits for the disk: the first acknowledged write comes behind these.
            && let Err(why) = journal.append(&changes)
        {
            journal.give_up(&why);
        }
        Self(Arc::new(State {
            clock: options.clock,
            journal,
            core: Mutex::new(Core {
                store,
                registry: Arc::new(registry),
            }),
            wakes: Mutex::default(),
            openapi: openapi::Cache::default(),
            proxies: RwLock::default(),
        }))
    }

    /// The API as a service: for `kube::Client::new(sandbox.service(), "default")`, and for a socket.
    pub fn service(&self) -> Router {
        Router::new()
            .fallback(http::handle)
            .with_state(self.clone())
    }

    /// The clock that the server goes by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Registers who answers `/api/v1/namespaces/NAMESPACE/services/NAME/proxy/…`.
    ///
    /// The router sees the path behind `proxy`; the Service object itself is made by whoever registers.
    pub fn proxy(&self, namespace: &str, service: &str, router: Router) {
        self.0
            .proxies
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((namespace.to_owned(), service.to_owned()), router);
    }

    /// Who answers for a service.
    pub(super) fn proxied(&self, namespace: &str, service: &str) -> Option<Router> {
        self.0
            .proxies
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(namespace.to_owned(), service.to_owned()))
            .cloned()
    }

    /// All resources known now.
    pub(super) fn registry(&self) -> Arc<Registry> {
        unpoisoned(&self.0.core).registry.clone()
    }

    /// Documents that were made.
    pub(super) fn openapi(&self) -> &openapi::Cache {
        &self.0.openapi
    }

    /// Looks into the store.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Store) -> T) -> T {
        look(&unpoisoned(&self.0.core).store)
    }

    /// Changes the store in one transaction: all that follows from the change is done before anyone else looks.
    pub(super) async fn write<T>(
        &self,
        change: impl FnOnce(&mut Store, &Registry) -> ApiResult<T>,
    ) -> ApiResult<T> {
        let (result, kept) = {
            let mut guard = unpoisoned(&self.0.core);
            let core = &mut *guard;
            let result = change(&mut core.store, &core.registry);
            gc::settle(&mut core.store, &core.registry, self.0.clock.now(), 0);
            let changes = core.store.take_fresh();
            let kept = match &self.0.journal {
                Some(journal) if !changes.is_empty() => match journal.append(&changes) {
                    Ok(kept) => {
                        journal.compact(&core.store);
                        Some(kept)
                    }
                    Err(why) => {
                        // Nobody has seen anything: the lock is held, and no watcher was told.
                        core.store.take_back(&changes);
                        return Err(unwritable(&why));
                    }
                },
                _ => None,
            };
            renew(&mut core.registry, &changes);
            self.wake(&changes);
            (result, kept)
        };
        if let Some(kept) = kept {
            kept.await
                .unwrap_or_else(|_| Err("the data folder is closed".to_owned()))
                .map_err(|why| unwritable(&why))?;
        }
        result
    }

    /// Whether the data folder can be written, now and later; absent for a server in memory.
    pub fn data_health(&self) -> Option<watch::Receiver<DataHealth>> {
        self.0.journal.as_ref().map(Journal::health)
    }

    /// Fails once what is in memory may not be what is on disk: nothing more may be shown.
    pub(super) fn check_data(&self) -> ApiResult<()> {
        match self.0.journal.as_ref().and_then(Journal::broken) {
            Some(why) => Err(unwritable(&why)),
            None => Ok(()),
        }
    }

    fn wake(&self, changes: &[Arc<Change>]) {
        if changes.is_empty() {
            return;
        }
        let mut wakes = unpoisoned(&self.0.wakes);
        for change in changes {
            if let Some(wake) = wakes.get(&change.key.resource) {
                wake.send_replace(change.version());
                if wake.receiver_count() == 0 {
                    wakes.remove(&change.key.resource);
                }
            }
        }
    }

    /// Hears of changes of a resource from now on.
    pub(super) fn changes_of(&self, resource: &GroupResource) -> watch::Receiver<u64> {
        unpoisoned(&self.0.wakes)
            .entry(resource.clone())
            .or_insert_with(|| watch::Sender::new(0))
            .subscribe()
    }
}

fn unwritable(why: &str) -> ApiError {
    ApiError::internal(&format!(
        "the data folder cannot be written, nothing is changed: {why}"
    ))
}

/// Keeps the resources of definitions in step with the definitions.
fn renew(registry: &mut Arc<Registry>, changes: &[Arc<Change>]) {
    for change in changes {
        if !change
            .key
            .resource
            .is("apiextensions.k8s.io", "customresourcedefinitions")
        {
            continue;
        }
        let object = &change.object.object;
        *registry = Arc::new(match change.kind {
            ChangeKind::Deleted => registry.without_definition(object),
            _ => registry.with_definition(object),
        });
    }
}

#[cfg(test)]
mod tests;
