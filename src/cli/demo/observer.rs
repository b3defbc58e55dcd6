//! Watches the cluster of the story, and says what is seen.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, stream};
use tokio::task::JoinHandle;

use super::seen::{APPLICATIONS, NAME, NAMESPACE, SECRET, Seen, Traffic};
use crate::{
    api::{analysis, application, rollout},
    cli::{Failure, rollout::Scene, shelf::Shelf},
    clock::Clock,
    cluster::{Cluster, Watch},
    object::Gvk,
};

/// How many kinds are watched.
const KINDS: usize = 9;

/// The kinds that are watched, in the order of the shelves; those of the story's namespace, and events everywhere.
fn kinds() -> [(Gvk, Option<&'static str>); KINDS] {
    let here = Some(NAMESPACE);
    [
        (rollout::gvk(), here),
        (Gvk::new("apps", "v1", "ReplicaSet"), here),
        (Gvk::new("", "v1", "Pod"), here),
        (analysis::run_gvk(), here),
        (Gvk::new("", "v1", "Secret"), here),
        (Gvk::new("bitnami.com", "v1alpha1", "SealedSecret"), here),
        (
            Gvk::new("gateway.networking.k8s.io", "v1", "HTTPRoute"),
            here,
        ),
        (application::gvk(), Some(APPLICATIONS)),
        (Gvk::new("", "v1", "Event"), None),
    ]
}

/// How the traffic is asked for.
pub type AskTraffic = Box<dyn Fn() -> Traffic + Send + Sync>;

/// Keeps up what is seen.
pub struct Observer {
    shelves: Arc<Mutex<[Shelf; KINDS]>>,
    clock: Clock,
    traffic: AskTraffic,
    task: JoinHandle<()>,
}

impl Observer {
    /// Begins to watch.
    ///
    /// # Errors
    /// A kind is not known.
    pub fn start(cluster: &Cluster, clock: &Clock, traffic: AskTraffic) -> Result<Self, Failure> {
        let shelves: Arc<Mutex<[Shelf; KINDS]>> = Arc::default();
        let mut all = Vec::new();
        for (index, (gvk, namespace)) in kinds().into_iter().enumerate() {
            let watch = Watch::all(gvk).within(namespace);
            let events = cluster
                .watch(&watch)
                .map_err(|error| Failure::new("failed to watch the cluster").because(error))?;
            // An error of a watch is followed by its next beginning.
            all.push(
                events
                    .filter_map(move |event| async move { Some((index, event.ok()?)) })
                    .boxed(),
            );
        }
        let kept = Arc::clone(&shelves);
        let task = tokio::spawn(async move {
            let mut events = stream::select_all(all);
            while let Some((index, event)) = events.next().await {
                let mut shelves = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(shelf) = shelves.get_mut(index) {
                    shelf.take(event);
                }
            }
        });
        Ok(Self {
            shelves,
            clock: clock.clone(),
            traffic,
            task,
        })
    }

    /// What is seen now.
    pub fn seen(&self) -> Seen {
        let shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let [
            rollouts,
            sets,
            pods,
            runs,
            secrets,
            sealed,
            routes,
            applications,
            events,
        ] = &*shelves;
        let one = |shelf: &Shelf, namespace: &str, name: &str| {
            shelf
                .get(namespace, name)
                .map(|object| object.as_ref().clone())
        };
        let scene = one(rollouts, NAMESPACE, NAME).map(|rollout| Scene {
            rollout,
            workload: None,
            replica_sets: sets.all(),
            pods: pods.all(),
            runs: runs.all(),
            experiments: Vec::new(),
        });
        let seen = Seen {
            now: self.clock.now(),
            application: one(applications, APPLICATIONS, NAME),
            scene,
            sealed: one(sealed, NAMESPACE, SECRET),
            secrets: secrets.all(),
            route: one(routes, NAMESPACE, NAME),
            events: events.all(),
            traffic: (self.traffic)(),
            ..Seen::default()
        };
        drop(shelves);
        seen.with_view()
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
