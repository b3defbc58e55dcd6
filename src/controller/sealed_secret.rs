//! The loop of the SealedSecrets: reads, lets `seal::decide` decide, and applies.

use std::{future::Future, sync::Arc};

use futures::{Stream, StreamExt, stream};
use kube::runtime::WatchStreamExt;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    engine::{Loop, Written, apply_noting},
    fresh::{failed_ones, lane},
    keys::Keys,
    lease::Shards,
    memo::{Memo, Settled, Version, digest},
    metrics::Metrics,
    run::COMPONENT,
    shown::Shown,
    version::{Deliverer, Opening},
};
use crate::{
    api::{sealed_secret, version as names},
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveStore, Watch},
    object::{Gvk, Object, ObjectRef},
    plan::{Effect, Event, EventSeverity, Next, Precondition},
    seal::{
        decide::{self, Decision, Outcome, Snapshot},
        untouched::is_untouched,
    },
    version,
};

/// Which SealedSecrets are opened, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Label selector of SealedSecrets and Secrets (`--label-selector`), empty for all.
    pub labels: String,
    /// What the decision is told.
    pub decide: decide::Settings,
    /// Whether the Secret goes with its SealedSecret, whoever owns it (`--old-gc-behavior`).
    pub old_gc_behavior: bool,
    /// How many SealedSecrets are worked at together.
    pub workers: usize,
    /// Whether Rollouts are run here too, so that SealedSecrets can be delivered as versions.
    pub rollouts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            labels: String::new(),
            decide: decide::Settings::default(),
            old_gc_behavior: false,
            workers: 16,
            rollouts: false,
        }
    }
}

/// The kind of SealedSecrets.
pub fn gvk() -> Gvk {
    Gvk::new(
        sealed_secret::GROUP,
        sealed_secret::VERSION,
        sealed_secret::KIND,
    )
}

/// What opens SealedSecrets. Cheap to clone.
#[derive(Clone)]
pub struct Unsealer(Arc<Inner>);

struct Inner {
    cluster: Cluster,
    clock: Clock,
    keys: Keys,
    metrics: Metrics,
    settings: Settings,
    memo: Memo,
    deliverer: Deliverer,
    /// As many places as there are processors, for more threads would only hinder each other.
    computing: Semaphore,
    shown: Shown,
    /// Which part of them is worked at here, where several replicas share them.
    shards: Option<Shards>,
}

impl Unsealer {
    /// One that opens with the keys of a ring.
    pub fn new(
        cluster: &Cluster,
        clock: &Clock,
        keys: &Keys,
        metrics: &Metrics,
        settings: Settings,
        shards: Option<&Shards>,
    ) -> Self {
        Self(Arc::new(Inner {
            shards: shards.cloned(),
            cluster: cluster.clone(),
            clock: clock.clone(),
            keys: keys.clone(),
            metrics: metrics.clone(),
            deliverer: Deliverer::new(cluster, clock, settings.decide),
            settings,
            memo: Memo::default(),
            computing: Semaphore::new(processors()),
            shown: Shown::new(keys, metrics),
        }))
    }

    /// Opens the SealedSecrets of one namespace, or of all, until stopped; to be called when the
    /// keys are loaded, for what does not open without them would be told as failed.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub async fn run(
        self,
        namespace: Option<&str>,
        stop: impl Future<Output = ()> + Send + Sync + 'static,
    ) -> Result<(), ClusterError> {
        let Inner {
            cluster,
            clock,
            keys,
            settings,
            ..
        } = &*self.0;
        let watch = |gvk| Watch::all(gvk).within(namespace).labelled(&settings.labels);
        let mut work = Loop::new(cluster, clock, watch(gvk()))?;
        let store = work.store();
        work = work
            .workers(settings.workers)
            .lanes(lane)
            .triggered_by(failed_ones(keys, store.clone()))
            .until(stop);
        if let Some(shards) = &self.0.shards {
            work = work.triggered_by(self.clone().turned(shards, store.clone()));
        }
        if settings.rollouts {
            work = work.triggered_by(self.0.deliverer.triggers(namespace, &store)?);
        }
        if settings.decide.watches_secrets {
            let secrets = watch(Gvk::new("", "v1", "Secret"));
            work = work.triggered_by(self.clone().changed_secrets(&secrets)?);
        }
        let (gone, pass) = (self.clone(), self.clone());
        work.when_gone(move |sealed| gone.gone(sealed))
            .run(move |sealed| {
                let unsealer = pass.clone();
                async move { unsealer.0.any_pass(&sealed).await }
            })
            .await;
        Ok(())
    }

    /// The SealedSecrets of shards that come; of those that go nothing is shown any more.
    fn turned(
        self,
        shards: &Shards,
        store: LiveStore,
    ) -> impl Stream<Item = ObjectRef> + Send + use<> {
        let named = shards.clone();
        shards.changes().flat_map(move |(number, is_held)| {
            let objects = store.state().into_iter();
            let objects: Vec<_> = objects
                .map(|live| live.object().reference())
                .filter(|object| named.number_of(object) == number)
                .collect();
            if !is_held {
                for object in &objects {
                    self.0.shown.forget(object);
                    self.0.memo.forget(object);
                }
            }
            stream::iter(if is_held { objects } else { Vec::new() })
        })
    }

    /// The SealedSecrets whose Secrets are not as they were left.
    fn changed_secrets(
        self,
        secrets: &Watch,
    ) -> Result<impl Stream<Item = ObjectRef> + Send + use<>, ClusterError> {
        let events = self.0.cluster.watch_traces(secrets)?.default_backoff();
        Ok(events.flat_map(move |event| {
            let changed = match event {
                Ok(event) => self.0.memo.take(event),
                Err(error) => {
                    let error = ClusterError::from(error);
                    tracing::warn!(%error, "the watch of Secrets failed and is begun again");
                    Vec::new()
                }
            };
            let memo = self.0.memo.clone();
            stream::iter(changed.into_iter().filter_map(move |secret| {
                let sealed = sealed_of(&secret);
                let settled = memo.settled(&sealed).map(|settled| settled.secret);
                (memo.seen(&secret) != settled).then_some(sealed)
            }))
        }))
    }

    fn gone(&self, sealed: &ObjectRef) {
        self.0.metrics.count_request();
        self.0.memo.forget(sealed);
        self.0.deliverer.forget(sealed);
        self.0.shown.forget(sealed);
        if self.0.settings.old_gc_behavior {
            let shared = self.0.shards.as_ref();
            let of_shard = shared.and_then(|shards| shards.cluster_of(sealed));
            let cluster = of_shard.unwrap_or_else(|| self.0.cluster.clone());
            let secret = secret_at(sealed);
            tokio::spawn(async move {
                match cluster.delete(&secret, &Precondition::default()).await {
                    Ok(()) => tracing::info!(%secret, "deleted with its SealedSecret"),
                    Err(error) => tracing::error!(%secret, %error, "could not be deleted"),
                }
            });
        }
    }
}

impl Inner {
    /// One pass, with versions where they are asked for.
    async fn any_pass(&self, sealed: &Object) -> Result<Next, ClusterError> {
        let turn = match &self.shards {
            None => None,
            Some(shards) => match shards.enter(&sealed.reference()).await {
                Some(turn) => Some(turn),
                // Another replica works at it, or soon this one: that is told by the shards.
                None => return Ok(Next::AwaitChange),
            },
        };
        let cluster = turn.as_ref().map_or(&self.cluster, |turn| turn.cluster());
        let is_opted_in = version::is_opted_in(sealed);
        if is_opted_in && self.settings.rollouts {
            return self.deliver(sealed).await;
        }
        let next = self.pass(sealed, cluster).await?;
        if self.settings.rollouts && self.deliverer.has_left(sealed) {
            let later = self.deliverer.leave(&sealed.reference()).await?;
            return Ok(if next == Next::AwaitChange {
                later
            } else {
                next
            });
        }
        Ok(next)
    }

    async fn deliver(&self, sealed: &Object) -> Result<Next, ClusterError> {
        if sealed.at(&["metadata", "deletionTimestamp"]).is_some() {
            return Ok(Next::AwaitChange);
        }
        let reference = sealed.reference();
        let namespace = sealed.namespace().unwrap_or_default();
        self.metrics.count_request();
        let delivered = self
            .deliverer
            .deliver(sealed, self.keys.epoch(), |sealed| self.open(sealed))
            .await;
        let delivered = match delivered {
            Ok(Some(delivered)) => delivered,
            Ok(None) => return Ok(Next::Backoff),
            Err(error) if error.is_transient() => {
                if !error.is_conflict() {
                    self.metrics.count_error("update", namespace);
                }
                return Err(error);
            }
            Err(error) if error.is_not_found() => return Ok(Next::Backoff),
            Err(error) => {
                let snapshot = Snapshot {
                    sealed: sealed.clone(),
                    secret: None,
                };
                self.report(&reference, Outcome::Update, namespace);
                return self
                    .refuse(&snapshot, &error, &mut Written::default(), &self.cluster)
                    .await;
            }
        };
        if delivered.is_told {
            self.report(&reference, delivered.outcome, namespace);
        }
        if let Some(sealed) = &delivered.sealed {
            self.shown.show(sealed);
        }
        Ok(delivered.next)
    }

    /// Opens on a thread of its own.
    async fn open(&self, sealed: Object) -> Option<Opening> {
        let _place = self.computing.acquire().await.ok()?;
        let (keys, deprecated) = (self.keys.clone(), self.settings.decide.deprecated);
        let opened =
            spawn_blocking(move || keys.with(|ring| decide::open(&sealed, ring, deprecated)));
        opened.await.ok()
    }

    async fn pass(&self, sealed: &Object, cluster: &Cluster) -> Result<Next, ClusterError> {
        let reference = sealed.reference();
        let [secret_ref] = decide::needs(sealed);
        let left = self.memo.settled(&reference);
        let left_is_none = left.is_none();
        if left.is_some_and(|left| left.is_after(sealed)) {
            return Ok(Next::AwaitChange);
        }
        let settled = self.settled(&reference, sealed);
        if let Some(settled) = &settled
            && self.memo.seen(&secret_ref).as_ref() == Some(&settled.secret)
        {
            return Ok(Next::AwaitChange);
        }
        let namespace = sealed.namespace().unwrap_or_default();
        let read = self.cluster.get(&secret_ref).await;
        let secret = read.inspect_err(|_| self.metrics.count_error("fetch", ""))?;
        if settled.is_some_and(|settled| settled.secret == secret.as_ref().map(Version::of)) {
            return Ok(Next::AwaitChange);
        }
        // Only what this process has not settled itself may be believed unopened.
        if left_is_none
            && let Some(secret) = &secret
            && is_untouched(sealed, secret, COMPONENT)
        {
            self.shown.show(sealed);
            let state = Settled {
                sealed: digest(sealed),
                version: Version::of(sealed),
                secret: Some(Version::of(secret)),
                epoch: None,
            };
            self.memo.settle(reference, state);
            return Ok(Next::AwaitChange);
        }
        self.metrics.count_request();
        let epoch = self.keys.epoch();
        let snapshot = Snapshot {
            sealed: sealed.clone(),
            secret,
        };
        let Some((snapshot, decision)) = self.decide(snapshot).await else {
            return Ok(Next::Backoff);
        };
        if decision.outcome == Outcome::Leaving {
            return Ok(decision.plan.next);
        }
        let outcome = decision.outcome;
        let mut plan = decision.plan;
        if version::is_opted_in(sealed) && plan.status.is_some() {
            plan.effects.push(not_honoured(sealed));
        }
        let mut written = Written::default();
        let applied = apply_noting(plan, cluster, &mut written).await;
        let (outcome, next) = match applied {
            Ok(next) => (outcome, next),
            Err(error) if error.is_not_found() => return Ok(Next::AwaitChange),
            Err(error) if written.effects_done => {
                self.metrics.count_error("status", namespace);
                return Err(error);
            }
            Err(error) if error.is_transient() => {
                if !error.is_conflict() {
                    self.metrics.count_error("update", namespace);
                }
                return Err(error);
            }
            Err(error) => {
                let next = self
                    .refuse(&snapshot, &error, &mut written, cluster)
                    .await?;
                (Outcome::Update, next)
            }
        };
        let next = match outcome {
            Outcome::Unmanaged | Outcome::Update if !self.hears_of_all_secrets() => Next::Backoff,
            _ => next,
        };
        self.report(&reference, outcome, namespace);
        let now = written.status.as_ref().unwrap_or(sealed);
        self.shown.show(now);
        if next == Next::AwaitChange {
            let secret = written.objects.last().or(snapshot.secret.as_ref());
            let state = Settled {
                sealed: digest(now),
                version: Version::of(now),
                secret: secret.map(Version::of),
                epoch: (outcome == Outcome::Unseal).then_some(epoch),
            };
            self.memo.settle(reference, state);
        }
        Ok(next)
    }

    /// Whether the watch of Secrets tells when one that is in the way goes: it sees only those that are chosen by label.
    fn hears_of_all_secrets(&self) -> bool {
        self.settings.decide.watches_secrets && self.settings.labels.is_empty()
    }

    /// What was found settled, if it is so of just this SealedSecret with just these keys.
    fn settled(&self, reference: &ObjectRef, sealed: &Object) -> Option<Settled> {
        let settled = self.memo.settled(reference)?;
        let of_now = settled.sealed == digest(sealed)
            && settled.epoch.is_none_or(|epoch| epoch == self.keys.epoch());
        of_now.then_some(settled)
    }

    /// Decides on a thread of its own: the RSA operations of one must not delay what others do.
    async fn decide(&self, snapshot: Snapshot) -> Option<(Snapshot, Decision)> {
        let _place = self.computing.acquire().await.ok()?;
        let (keys, now, settings) = (self.keys.clone(), self.clock.now(), self.settings.decide);
        let decided = spawn_blocking(move || {
            let decision = keys.with(|ring| decide::decide(&snapshot, ring, now, settings));
            (snapshot, decision)
        });
        decided.await.ok()
    }

    /// The API server does not take the Secret: says so, and when to try again.
    async fn refuse(
        &self,
        snapshot: &Snapshot,
        error: &ClusterError,
        written: &mut Written,
        cluster: &Cluster,
    ) -> Result<Next, ClusterError> {
        let now = self.clock.now();
        let decision = decide::refused(snapshot, &error.to_string(), now, self.settings.decide);
        apply_noting(decision.plan, cluster, written).await?;
        // What is invalid stays so; rights and quotas may be given later.
        Ok(match error {
            ClusterError::Refused { code: 403, .. } => Next::Backoff,
            _ => Next::AwaitChange,
        })
    }

    fn report(&self, sealed: &ObjectRef, outcome: Outcome, namespace: &str) {
        let reason = match outcome {
            Outcome::Opened | Outcome::Leaving => {
                tracing::info!(object = %sealed, "unsealed");
                return;
            }
            Outcome::Unseal => "unseal",
            Outcome::Unmanaged => "unmanaged",
            Outcome::Update => "update",
        };
        tracing::warn!(object = %sealed, reason, "not unsealed");
        self.metrics.count_error(reason, namespace);
    }
}

/// Says that an opt-in has no effect, for nothing here runs Rollouts.
fn not_honoured(sealed: &Object) -> Effect {
    Effect::Event(Event {
        regarding: sealed.clone(),
        severity: EventSeverity::Warning,
        reason: names::event::NOT_HONOURED.to_owned(),
        message: format!(
            "{} has no effect: this controller runs no Rollouts, so changes apply at once",
            names::CANARY
        ),
    })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The SealedSecret that a Secret may belong to: the one of its name.
fn sealed_of(secret: &ObjectRef) -> ObjectRef {
    ObjectRef::new(gvk(), secret.namespace.as_deref(), &secret.name)
}

fn secret_at(sealed: &ObjectRef) -> ObjectRef {
    let namespace = sealed.namespace.as_deref();
    ObjectRef::new(Gvk::new("", "v1", "Secret"), namespace, &sealed.name)
}
