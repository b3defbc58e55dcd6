//! The server as a value: one store, one registry, one clock.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use axum::Router;

use crate::clock::Clock;

/// How a sandbox is made.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Tells creation times, and when graceful deletions and collections happen.
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
    options: SandboxOptions,
    proxies: RwLock<BTreeMap<(String, String), Router>>,
}

impl Sandbox {
    /// Makes a server with the namespaces and objects of a fresh cluster.
    pub fn new(options: SandboxOptions) -> Self {
        Self(Arc::new(State {
            options,
            proxies: RwLock::default(),
        }))
    }

    /// The API as a service: for `kube::Client::new(sandbox.service(), "default")`, and for a socket.
    pub fn service(&self) -> Router {
        Router::new().with_state(())
    }

    /// The clock that the server goes by.
    pub fn clock(&self) -> &Clock {
        &self.0.options.clock
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
}
