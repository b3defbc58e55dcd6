//! The loop: watches fill the cache, the cache names whom to look at, and a few passes run at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    StreamExt,
    stream::{BoxStream, FuturesUnordered, SelectAll},
};
use jiff::SignedDuration;
use tokio::sync::{Notify, watch};

use super::{
    cache::Cache,
    key::{Key, Kind, SCHEDULER},
    node, observe,
};
use crate::{
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveEvent, TraceEvent, Watch},
    controller::{
        delay::Delay,
        engine::{self, Written},
    },
    object::pod_template::SourceKind,
    plan::{Next, Plan},
    workload::pod::{Reading, Surroundings, source_gvk},
};

/// How many objects are worked at together.
const WORKERS: usize = 16;

/// How often a pass that failed is tried again at once, for most failures are stale reads.
const AT_ONCE: u32 = 5;

/// What the containers of all pods have read; cheap to clone.
#[derive(Clone, Default)]
pub struct Readings(Arc<Mutex<BTreeMap<String, Reading>>>);

impl Readings {
    /// What the containers of the pod with this uid have read.
    pub fn of(&self, uid: &str) -> Reading {
        self.all().get(uid).cloned().unwrap_or_default()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Reading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which part of a cluster is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// All workload controllers, the scheduler, the node and its kubelet.
    Cluster,
    /// The scheduler, the node, its kubelet and its volumes, beside somebody else's controllers.
    Node,
}

impl Role {
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Cluster => &Kind::ALL,
            Self::Node => &Kind::OF_NODE,
        }
    }
}

/// Plays all workload controllers and the kubelet on a cluster, until it is dropped.
pub async fn run(cluster: Cluster, clock: Clock) {
    Workloads::new(cluster, clock).run().await;
}

/// The workload controllers and the kubelet of one cluster.
pub struct Workloads {
    shared: Arc<Shared>,
}

/// What all passes share.
pub(super) struct Shared {
    cluster: Cluster,
    /// The same cluster in the name of each component that reports.
    reporters: BTreeMap<&'static str, Cluster>,
    clock: Clock,
    role: Role,
    cache: Mutex<Cache>,
    readings: Readings,
    surroundings: watch::Receiver<Arc<Surroundings>>,
    changed: Notify,
}

impl Shared {
    pub(super) fn surroundings(&self) -> Arc<Surroundings> {
        self.surroundings.borrow().clone()
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(super) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn readings(&self) -> &Readings {
        &self.readings
    }

    /// One pass over one object.
    async fn pass(&self, key: &Key) -> Result<Next, ClusterError> {
        let decision = observe::decide(self, key, None, self.clock.now()).await?;
        let component = decision.component.unwrap_or(key.kind.component());
        let outcome = self.apply(component, decision.plan).await;
        match outcome {
            Err(error)
                if key.kind == Kind::ReplicaSet
                    && !error.is_transient()
                    && !error.is_not_found() =>
            {
                self.admit_failure(key, &error).await?;
                Err(error)
            }
            Ok(next) => {
                if let Some((uid, reading)) = decision.reading {
                    self.readings.all().insert(uid, reading);
                }
                Ok(next)
            }
            other => other,
        }
    }

    /// Writes into the status of a ReplicaSet why its pods cannot be made.
    async fn admit_failure(&self, key: &Key, error: &ClusterError) -> Result<(), ClusterError> {
        let why = Some(error.to_string());
        let decision = observe::decide(self, key, why, self.clock.now()).await?;
        let plan = Plan {
            effects: Vec::new(),
            ..decision.plan
        };
        self.apply(key.kind.component(), plan).await.map(drop)
    }

    async fn apply(&self, component: &str, plan: Plan) -> Result<Next, ClusterError> {
        let cluster = self.reporters.get(component).unwrap_or(&self.cluster);
        let mut written = Written::default();
        let applied = engine::apply_noting(plan, cluster, &mut written).await;
        {
            let mut cache = self.cache();
            for object in written.objects.into_iter().chain(written.status) {
                cache.store(object);
            }
            for (target, uid) in written.gone {
                if let (Some(key), Some(uid)) = (Key::of(&target), uid) {
                    cache.bury(&key, &uid);
                }
            }
        }
        self.changed.notify_one();
        applied
    }
}

/// What the watches tell.
enum Seen {
    Object(Kind, LiveEvent),
    Source(SourceKind, TraceEvent),
    Failed(String),
}

impl Workloads {
    /// On a cluster that has no such controllers, by a clock.
    pub fn new(cluster: Cluster, clock: Clock) -> Self {
        Self::playing(Role::Cluster, cluster, clock)
    }

    /// Plays a part of a cluster, by a clock.
    pub fn playing(role: Role, cluster: Cluster, clock: Clock) -> Self {
        let components = Kind::ALL.into_iter().map(Kind::component);
        let reporters = components
            .chain([SCHEDULER])
            .map(|component| (component, cluster.clone().reporting_as(component, &clock)))
            .collect();
        Self {
            shared: Arc::new(Shared {
                cluster,
                reporters,
                clock,
                role,
                cache: Mutex::default(),
                readings: Readings::default(),
                surroundings: watch::channel(Arc::default()).1,
                changed: Notify::new(),
            }),
        }
    }

    /// Lets the applications in the containers find something around them, which may change.
    ///
    /// Has no effect once readings or a run were taken.
    #[must_use]
    pub fn amid(mut self, surroundings: watch::Receiver<Arc<Surroundings>>) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.surroundings = surroundings;
        }
        self
    }

    /// What the containers of the pods have read.
    pub fn readings(&self) -> Readings {
        self.shared.readings.clone()
    }

    /// Runs until it is dropped; failures are logged and tried again.
    pub async fn run(self) {
        let shared = self.shared;
        let mut failures = 0;
        while let Err(error) = node::ensure(&shared.cluster, shared.clock.now()).await {
            failures += 1;
            tracing::warn!(%error, "the node could not be made");
            let wait = SignedDuration::try_from(engine::backoff(failures));
            shared.clock.wait(wait.unwrap_or_default()).await;
        }
        match watches(&shared.cluster, shared.role) {
            Ok(watches) => {
                let beat = node::beat(&shared.cluster, &shared.clock, shared.role);
                futures::future::join(work(&shared, watches), beat).await;
            }
            Err(error) => tracing::error!(%error, "the workloads cannot be watched"),
        }
    }
}

fn watches(
    cluster: &Cluster,
    role: Role,
) -> Result<SelectAll<BoxStream<'static, Seen>>, ClusterError> {
    let mut all = SelectAll::new();
    for kind in role.kinds().iter().copied() {
        let events = cluster.watch(&Watch::all(kind.gvk()))?;
        all.push(
            events
                .map(move |event| match event {
                    Ok(event) => Seen::Object(kind, event),
                    Err(error) => Seen::Failed(error.to_string()),
                })
                .boxed(),
        );
    }
    for kind in [SourceKind::Secret, SourceKind::ConfigMap] {
        let events = cluster.watch_traces(&Watch::all(source_gvk(kind)))?;
        all.push(
            events
                .map(move |event| match event {
                    Ok(event) => Seen::Source(kind, event),
                    Err(error) => Seen::Failed(error.to_string()),
                })
                .boxed(),
        );
    }
    Ok(all)
}

/// Lists in progress.
#[derive(Default)]
struct Listing {
    objects: BTreeMap<Kind, BTreeSet<Key>>,
    sources: BTreeMap<SourceKind, BTreeSet<(String, String)>>,
    /// How many watches have shown all at least once.
    complete: BTreeSet<String>,
}

impl Listing {
    /// Before all is known nothing is decided: half a list looks like missing pods.
    fn is_complete(&self, role: Role) -> bool {
        self.complete.len() == role.kinds().len() + 2
    }

    fn take_in(&mut self, shared: &Shared, seen: Seen) {
        let mut cache = shared.cache();
        match seen {
            Seen::Object(kind, event) => match event {
                LiveEvent::Apply(live) => cache.store(live.object().as_ref().clone()),
                LiveEvent::Delete(live) => {
                    let object = live.object();
                    if let (Some(key), Some(uid)) = (Key::of(&object.reference()), object.uid()) {
                        shared.readings.all().remove(uid);
                        cache.bury(&key, uid);
                    }
                }
                LiveEvent::Init => {
                    self.objects.remove(&kind);
                }
                LiveEvent::InitApply(live) => {
                    let keys = self.objects.entry(kind).or_default();
                    keys.extend(Key::of(&live.object().reference()));
                    cache.store(live.object().as_ref().clone());
                }
                LiveEvent::InitDone => {
                    cache.retain(kind, &self.objects.remove(&kind).unwrap_or_default());
                    self.complete.insert(format!("{kind:?}"));
                }
            },
            Seen::Source(kind, event) => match event {
                TraceEvent::Relisting => {
                    self.sources.remove(&kind);
                }
                TraceEvent::Seen(trace) => {
                    let namespace = trace.object.namespace.clone().unwrap_or_default();
                    let names = self.sources.entry(kind).or_default();
                    names.insert((namespace, trace.object.name.clone()));
                    cache.note_source(kind, &trace, true);
                }
                TraceEvent::Gone(trace) => cache.note_source(kind, &trace, false),
                TraceEvent::Listed => {
                    let listed = self.sources.remove(&kind).unwrap_or_default();
                    cache.retain_sources(kind, &listed);
                    self.complete.insert(format!("{kind:?}"));
                }
            },
            Seen::Failed(error) => {
                drop(cache);
                tracing::warn!(error, "a watch failed and is begun again");
            }
        }
    }
}

async fn work(shared: &Arc<Shared>, mut watches: SelectAll<BoxStream<'static, Seen>>) {
    let delay = Delay::new(&shared.clock);
    let mut due = std::pin::pin!(delay.due());
    let mut listing = Listing::default();
    let mut passes = FuturesUnordered::new();
    let mut running: BTreeSet<Key> = BTreeSet::new();
    let mut failures: BTreeMap<Key, u32> = BTreeMap::new();
    let mut surroundings = shared.surroundings.clone();
    loop {
        while listing.is_complete(shared.role) && running.len() < WORKERS {
            let Some(key) = next(shared, &running) else {
                break;
            };
            running.insert(key.clone());
            let shared = shared.clone();
            passes.push(async move {
                let outcome = shared.pass(&key).await;
                (key, outcome)
            });
        }
        tokio::select! {
            Some(seen) = watches.next() => listing.take_in(shared, seen),
            Some(target) = due.next() => {
                shared.cache().queue.extend(Key::of(&target));
            }
            Some((key, outcome)) = passes.next() => {
                running.remove(&key);
                settle(shared, &delay, &mut failures, key, outcome);
            }
            Ok(()) = surroundings.changed() => {
                let mut cache = shared.cache();
                let pods = cache.keys(Kind::Pod, None);
                cache.queue.extend(pods);
            }
            () = shared.changed.notified() => {}
        }
    }
}

/// The next object that is not being worked at.
fn next(shared: &Shared, running: &BTreeSet<Key>) -> Option<Key> {
    let mut cache = shared.cache();
    let key = cache
        .queue
        .iter()
        .find(|key| !running.contains(key))
        .cloned()?;
    cache.queue.remove(&key);
    Some(key)
}

/// Says when an object is looked at again.
fn settle(
    shared: &Shared,
    delay: &Delay,
    failures: &mut BTreeMap<Key, u32>,
    key: Key,
    outcome: Result<Next, ClusterError>,
) {
    let target = key.reference();
    match outcome {
        Ok(Next::AwaitChange) => {
            failures.remove(&key);
            delay.clear(&target);
        }
        Ok(Next::At(at)) => {
            failures.remove(&key);
            delay.set(target, at);
        }
        Ok(Next::Backoff) | Err(_) => {
            let count = failures.entry(key.clone()).or_default();
            *count += 1;
            if let Err(error) = &outcome {
                tracing::debug!(object = %target, %error, "a pass failed and is made again");
            }
            if *count <= AT_ONCE {
                shared.cache().queue.insert(key);
                return;
            }
            let wait = SignedDuration::try_from(engine::backoff(*count - AT_ONCE));
            if let Ok(at) = shared.clock.now().checked_add(wait.unwrap_or_default()) {
                delay.set(target, at);
            }
        }
    }
}
