//! What all controllers share: applying a plan, and the loop that brings objects to a reconciler.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{FutureExt, Stream, StreamExt, future, stream::BoxStream};
use jiff::SignedDuration;
use kube::{
    core::ApiResource,
    runtime::{
        Controller, WatchStreamExt, controller,
        controller::Action,
        reflector,
        watcher::{self, Event as WatchEvent},
    },
};

use super::{
    delay::Delay,
    lanes::{Lane, Lanes},
};
use crate::{
    clock::Clock,
    cluster::{Cluster, ClusterError, Live, LiveStore, Watch},
    object::{Object, ObjectRef},
    plan::{Effect, Next, Plan},
};

/// The first delay after a failure; each further failure doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// The longest delay after a failure; it is kept for ever, for nothing is given up.
const LONGEST_DELAY: Duration = Duration::from_secs(300);

/// How many objects of a kind are worked at together unless said otherwise.
const WORKERS: usize = 16;

/// What a plan has written so far.
#[derive(Debug, Default)]
pub struct Written {
    /// Objects as they are stored now, in the order of the effects.
    pub objects: Vec<Object>,
    /// Objects that are gone, each with the uid that was asked for.
    pub gone: Vec<(ObjectRef, Option<String>)>,
    /// The object with its new status, as it is stored now.
    pub status: Option<Object>,
    /// Whether all effects are done, so that only the status can have failed.
    pub effects_done: bool,
}

/// Does all that a plan says, in its order, and the status last.
///
/// A lost event is logged and does no harm to the rest.
///
/// # Errors
/// The first [`ClusterError`] ends the pass; what was done stays, and the next pass sees it.
pub async fn apply(plan: Plan, cluster: &Cluster) -> Result<Next, ClusterError> {
    apply_noting(plan, cluster, &mut Written::default()).await
}

/// As [`apply`], and notes what was written, also when it fails.
///
/// # Errors
/// As [`apply`].
pub async fn apply_noting(
    plan: Plan,
    cluster: &Cluster,
    written: &mut Written,
) -> Result<Next, ClusterError> {
    for effect in plan.effects {
        match effect {
            Effect::Create(object) => written.objects.push(cluster.create(&object).await?),
            Effect::Replace(object) => written.objects.push(cluster.replace(&object).await?),
            Effect::Patch {
                target,
                patch,
                precondition,
            } => {
                let object = cluster.patch(&target, &patch, &precondition).await?;
                written.objects.push(object);
            }
            Effect::Merge {
                target,
                patch,
                precondition,
            } => {
                let object = cluster.merge(&target, &patch, &precondition).await?;
                written.objects.push(object);
            }
            Effect::Delete {
                target,
                precondition,
            } => match cluster.remove(&target, &precondition, None).await? {
                Some(left) => written.objects.push(left),
                None => written.gone.push((target, precondition.uid)),
            },
            Effect::Remove {
                target,
                precondition,
            } => match cluster.remove(&target, &precondition, Some(0)).await? {
                Some(left) => written.objects.push(left),
                None => written.gone.push((target, precondition.uid)),
            },
            Effect::Bind { pod, uid, node } => {
                if let Some(bound) = cluster.bind(&pod, &uid, &node).await? {
                    written.objects.push(bound);
                }
            }
            Effect::Evict { pod, uid } => {
                if !cluster.evict(&pod, &uid).await? {
                    tracing::info!(%pod, "a disruption budget keeps the pod");
                }
            }
            Effect::Event(event) => {
                if let Err(error) = cluster.event(&event).await {
                    tracing::warn!(object = %event.regarding.reference(), reason = event.reason,
                        %error, "an event could not be written");
                }
            }
        }
    }
    written.effects_done = true;
    if let Some(object) = plan.status {
        written.status = Some(cluster.replace_status(&object).await?);
    }
    Ok(plan.next)
}

/// How long to wait after so many failures on end: doubling, capped, the same each time.
pub fn backoff(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST_DELAY
        .saturating_mul(1 << doublings)
        .min(LONGEST_DELAY)
}

/// A future that ends a loop.
type Stop = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// A loop over the objects of one kind: each is brought to a reconciler when it changes, when a trigger
/// names it, and when its delay is over. Objects are never worked at twice at once.
pub struct Loop {
    cluster: Cluster,
    clock: Clock,
    watch: Watch,
    workers: usize,
    reader: LiveStore,
    writer: reflector::store::Writer<Live>,
    resource: ApiResource,
    triggers: Vec<BoxStream<'static, ObjectRef>>,
    lane: Arc<dyn Fn(&Object) -> Lane + Send + Sync>,
    gone: Arc<dyn Fn(&ObjectRef) + Send + Sync>,
    stop: Stop,
}

impl Loop {
    /// A loop over what a watch shows.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`].
    pub fn new(cluster: &Cluster, clock: &Clock, watch: Watch) -> Result<Self, ClusterError> {
        let resource = watch.resource()?;
        let writer = reflector::store::Writer::new(resource.clone());
        Ok(Self {
            cluster: cluster.clone(),
            clock: clock.clone(),
            watch,
            workers: WORKERS,
            reader: writer.as_reader(),
            writer,
            resource,
            triggers: Vec::new(),
            lane: Arc::new(|_| Lane::Fresh),
            gone: Arc::new(|_| {}),
            stop: Box::pin(future::pending()),
        })
    }

    /// How many objects are worked at together.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Looks at the objects that a stream names, besides those that change; names of objects that are not
    /// there are passed over.
    #[must_use]
    pub fn triggered_by(
        mut self,
        triggers: impl Stream<Item = ObjectRef> + Send + 'static,
    ) -> Self {
        self.triggers.push(triggers.boxed());
        self
    }

    /// Says which objects go first when all workers are busy.
    #[must_use]
    pub fn lanes(mut self, lane: impl Fn(&Object) -> Lane + Send + Sync + 'static) -> Self {
        self.lane = Arc::new(lane);
        self
    }

    /// Is told of objects that are gone.
    #[must_use]
    pub fn when_gone(mut self, gone: impl Fn(&ObjectRef) + Send + Sync + 'static) -> Self {
        self.gone = Arc::new(gone);
        self
    }

    /// Ends when a future is done; work that has begun is finished first.
    #[must_use]
    pub fn until(mut self, stop: impl Future<Output = ()> + Send + Sync + 'static) -> Self {
        self.stop = Box::pin(stop);
        self
    }

    /// The objects that the watch has seen last; filled once the loop runs.
    pub fn store(&self) -> LiveStore {
        self.reader.clone()
    }

    /// Runs until stopped. A reconciler gives when to look again; its errors are logged and tried again for
    /// ever, with a growing, capped delay.
    pub async fn run<Reconcile, Pass>(self, reconcile: Reconcile)
    where
        Reconcile: Fn(Arc<Object>) -> Pass + Send + Sync + 'static,
        Pass: Future<Output = Result<Next, ClusterError>> + Send + 'static,
    {
        let Ok(events) = self.cluster.watch(&self.watch) else {
            // `new` has found the kind in the same table.
            return;
        };
        let stop = self.stop.shared();
        let stopped_early = stopped_before_all_is_listed(stop.clone(), self.reader.clone());
        let delay = Delay::new(&self.clock);
        let retries = Arc::new(Retries {
            clock: self.clock,
            delay: delay.clone(),
            failures: Mutex::default(),
        });
        let lanes = Lanes::new(self.workers);
        let stream = forgetting(events, retries.clone(), self.gone)
            .reflect(self.writer)
            .applied_objects();
        let resource = self.resource;
        let mut controller =
            Controller::for_stream_with(stream, self.reader.clone(), resource.clone())
                .with_config(controller::Config::default())
                .graceful_shutdown_on(stop.clone());
        for triggers in self.triggers.into_iter().chain([delay.due().boxed()]) {
            let (reader, resource) = (self.reader.clone(), resource.clone());
            controller = controller.reconcile_on(triggers.filter_map(move |object| {
                let mut named = reflector::ObjectRef::new_with(&object.name, resource.clone());
                if let Some(namespace) = &object.namespace {
                    named = named.within(namespace);
                }
                future::ready(reader.get(&named).is_some().then_some(named))
            }));
        }
        let (lane, reader, reconcile) = (self.lane, self.reader, Arc::new(reconcile));
        let work = controller
            .run(
                move |live: Arc<Live>, _| {
                    let (lanes, retries) = (lanes.clone(), retries.clone());
                    let (reader, reconcile) = (reader.clone(), reconcile.clone());
                    let named = reflector::ObjectRef::from_obj_with(&*live, resource.clone());
                    let turn = lane(live.object());
                    async move {
                        let place = lanes.enter(turn).await;
                        // It may have changed, or gone, while it waited for its turn.
                        let Some(live) = reader.get(&named) else {
                            return Ok(Action::await_change());
                        };
                        let reference = live.object().reference();
                        let outcome = reconcile(live.object().clone()).await;
                        drop(place);
                        retries.note(reference, outcome);
                        Ok::<_, Infallible>(Action::await_change())
                    }
                    .boxed()
                },
                |_, error: &Infallible, _| match *error {},
                Arc::new(()),
            )
            .for_each(|outcome| {
                if let Err(controller::Error::QueueError(error)) = outcome {
                    let error = ClusterError::from(error);
                    tracing::warn!(%error, "a watch failed and is begun again");
                }
                future::ready(())
            });
        tokio::select! {
            () = work => {}
            () = stopped_early => {}
        }
    }
}

/// Comes when the loop is told to stop before its watch has listed all objects. The controller runtime waits
/// for that list before it does anything, the end included; nothing has begun that would have to be finished.
async fn stopped_before_all_is_listed(stop: impl Future<Output = ()>, store: LiveStore) {
    stop.await;
    if store.wait_until_ready().now_or_never().is_some() {
        future::pending().await
    }
}

/// What failed how often, and when each is tried again.
struct Retries {
    clock: Clock,
    delay: Delay,
    failures: Mutex<BTreeMap<ObjectRef, u32>>,
}

impl Retries {
    fn note(&self, object: ObjectRef, outcome: Result<Next, ClusterError>) {
        match outcome {
            Ok(Next::AwaitChange) => {
                self.failures().remove(&object);
                self.delay.clear(&object);
            }
            Ok(Next::At(at)) => {
                self.failures().remove(&object);
                self.delay.set(object, at);
            }
            Ok(Next::Backoff) => self.again(object),
            Err(error) => {
                if error.is_conflict() {
                    tracing::debug!(%object, %error, "changed meanwhile");
                } else {
                    tracing::warn!(%object, %error, "failed, is tried again");
                }
                self.again(object);
            }
        }
    }

    fn again(&self, object: ObjectRef) {
        let failures = {
            let mut failures = self.failures();
            let count = failures.entry(object.clone()).or_default();
            *count = count.saturating_add(1);
            *count
        };
        let wait = SignedDuration::try_from(backoff(failures)).unwrap_or(SignedDuration::ZERO);
        if let Ok(at) = self.clock.now().checked_add(wait) {
            self.delay.set(object, at);
        }
    }

    fn forget(&self, object: &ObjectRef) {
        self.failures().remove(object);
        self.delay.clear(object);
    }

    fn failures(&self) -> MutexGuard<'_, BTreeMap<ObjectRef, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes events on and tells of objects that are gone, those missed while a watch was broken included.
fn forgetting(
    events: impl Stream<Item = Result<WatchEvent<Live>, watcher::Error>> + Send + 'static,
    retries: Arc<Retries>,
    gone: Arc<dyn Fn(&ObjectRef) + Send + Sync>,
) -> impl Stream<Item = Result<WatchEvent<Live>, watcher::Error>> + Send + 'static {
    let mut known = BTreeSet::new();
    let mut listed = BTreeSet::new();
    events.inspect(move |event| {
        let Ok(event) = event else { return };
        let lost = match event {
            WatchEvent::Apply(live) => {
                known.insert(live.object().reference());
                return;
            }
            WatchEvent::Delete(live) => {
                let object = live.object().reference();
                known.remove(&object);
                BTreeSet::from([object])
            }
            WatchEvent::Init => {
                listed.clear();
                return;
            }
            WatchEvent::InitApply(live) => {
                listed.insert(live.object().reference());
                return;
            }
            WatchEvent::InitDone => {
                let before = std::mem::replace(&mut known, std::mem::take(&mut listed));
                before.difference(&known).cloned().collect()
            }
        };
        for object in &lost {
            retries.forget(object);
            gone(object);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_stay_there() {
        let seconds: Vec<f64> = (1..=12).map(|n| backoff(n).as_secs_f64()).collect();
        let expected = [
            0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0,
        ];
        assert_eq!(seconds, expected);
        assert_eq!(backoff(u32::MAX), LONGEST_DELAY);
    }
}
