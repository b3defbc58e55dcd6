//! Work shared among replicas: a fixed number of shards, each a Lease that one replica holds.
//!
//! A replica takes every shard that is free. One that holds two less than another asks it for one, by an annotation on
//! the Lease; the holder finishes what it has begun and gives the Lease back. So one replica alone holds all, and of
//! several none holds more than one more than another.

use std::{collections::BTreeMap, future::Future, pin::pin, sync::Arc, time::Duration};

use futures::{Stream, StreamExt, future, stream};
use tokio::sync::{RwLock, RwLockReadGuard, watch};

use super::{
    decide::Settings,
    election::{Election, Ended},
};
use crate::{clock::Clock, cluster::Cluster, controller::run::COMPONENT, object::ObjectRef};

/// The most shards: each is a Lease that is written every two seconds.
pub const MAX_SHARDS: u16 = 16;

/// How long what has begun may take to end before a shard is given back.
const LAST_BREATH: Duration = Duration::from_secs(3);

/// How many retry periods a replica leaves a shard alone that it has given back, so that who asked can take it.
const LEFT_ALONE: i32 = 3;

/// The shards, as one replica sees them. Cheap to clone.
#[derive(Clone)]
pub struct Shards(Arc<Inner>);

struct Inner {
    clock: Clock,
    settings: Settings,
    shards: Vec<Shard>,
}

struct Shard {
    election: Election,
    /// The cluster, to which writes go only while the shard is held.
    cluster: Cluster,
    held: watch::Sender<bool>,
    /// Read by who works at an object of the shard, written by who gives it back.
    busy: RwLock<()>,
}

/// The right to work at one object; its shard is not given back before it is dropped.
pub struct Turn<'a> {
    cluster: &'a Cluster,
    _busy: RwLockReadGuard<'a, ()>,
}

impl Turn<'_> {
    /// The cluster to write to.
    pub fn cluster(&self) -> &Cluster {
        self.cluster
    }
}

impl Shards {
    /// So many shards on a cluster (at least one, at most [`MAX_SHARDS`]), none of them held yet. The settings are those
    /// of one Lease; its name is the beginning of theirs.
    pub fn new(cluster: &Cluster, clock: &Clock, settings: &Settings, count: u16) -> Self {
        let reporting = cluster.clone().reporting_as(COMPONENT, clock);
        let shard = |number: u16| {
            let settings = Settings {
                name: format!("{}-{number}", settings.name),
                ..settings.clone()
            };
            let election = Election::new(cluster, clock, settings);
            Shard {
                cluster: reporting.clone().behind(election.gate()),
                election,
                held: watch::Sender::new(false),
                busy: RwLock::new(()),
            }
        };
        Self(Arc::new(Inner {
            clock: clock.clone(),
            settings: settings.clone(),
            shards: (0..count.clamp(1, MAX_SHARDS)).map(shard).collect(),
        }))
    }

    /// The shard of an object, by its namespace and name.
    pub fn number_of(&self, object: &ObjectRef) -> usize {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let bytes = namespace.bytes().chain([b'/']).chain(object.name.bytes());
        // FNV-1a: the same in every replica and every version.
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let count = u64::try_from(self.0.shards.len()).unwrap_or(1);
        usize::try_from(hash % count.max(1)).unwrap_or_default()
    }

    /// The right to work at an object, if its shard is held here.
    pub async fn enter(&self, object: &ObjectRef) -> Option<Turn<'_>> {
        let shard = self.0.shards.get(self.number_of(object))?;
        let busy = shard.busy.read().await;
        let is_held = *shard.held.borrow();
        is_held.then_some(Turn {
            cluster: &shard.cluster,
            _busy: busy,
        })
    }

    /// The cluster to which writes about an object go, only while its shard is held.
    pub fn cluster_of(&self, object: &ObjectRef) -> Option<Cluster> {
        let shard = self.0.shards.get(self.number_of(object))?;
        Some(shard.cluster.clone())
    }

    /// Whether the first shard is held, and the cluster behind its gate: who makes sealing keys.
    pub fn first(&self) -> Option<(watch::Receiver<bool>, Cluster)> {
        let shard = self.0.shards.first()?;
        Some((shard.held.subscribe(), shard.cluster.clone()))
    }

    /// How many shards are held here.
    pub fn held(&self) -> usize {
        let held = self.0.shards.iter().filter(|shard| *shard.held.borrow());
        held.count()
    }

    /// The numbers of shards as they come and go, and whether they are held now; those that are held already first.
    pub fn changes(&self) -> impl Stream<Item = (usize, bool)> + Send + use<> {
        let streams = self.0.shards.iter().enumerate().map(|(number, shard)| {
            let mut seen = shard.held.subscribe();
            let is_held = *seen.borrow_and_update();
            let first = stream::iter(is_held.then_some((number, true)));
            let later = stream::unfold(seen, move |mut seen| async move {
                seen.changed().await.ok()?;
                let held = *seen.borrow_and_update();
                Some(((number, held), seen))
            });
            first.chain(later).boxed()
        });
        stream::select_all(streams.collect::<Vec<_>>())
    }

    /// Takes shards, keeps them, and gives away what is too much, until told to stop; then gives all back.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let shards = future::join_all((0..self.0.shards.len()).map(|number| self.keep(number)));
        let work = pin!(future::join(shards, self.balance()));
        tokio::select! {
            biased;
            () = stop => {}
            _ = work => {}
        }
        let shards = self.0.shards.iter();
        future::join_all(shards.map(async |shard| {
            shard.quiet().await;
            shard.election.release().await;
        }))
        .await;
    }

    async fn keep(&self, number: usize) {
        let Some(shard) = self.0.shards.get(number) else {
            return;
        };
        loop {
            shard.election.acquire().await;
            shard.held.send_replace(true);
            let ended = shard.election.hold().await;
            shard.quiet().await;
            if ended == Ended::Asked {
                shard.election.release().await;
                self.0
                    .clock
                    .wait(self.0.settings.retry.saturating_mul(LEFT_ALONE))
                    .await;
            }
        }
    }

    /// Asks for a shard whenever another replica holds two more than this one.
    async fn balance(&self) {
        loop {
            self.0
                .clock
                .wait(self.0.settings.retry.saturating_mul(2))
                .await;
            let mut others: BTreeMap<String, Vec<&Shard>> = BTreeMap::new();
            for shard in self.0.shards.iter().filter(|shard| !*shard.held.borrow()) {
                if let Some(holder) = shard.election.other_holder() {
                    others.entry(holder).or_default().push(shard);
                }
            }
            let richest = others.into_values().max_by_key(Vec::len);
            let Some(richest) = richest.filter(|held| held.len() >= self.held() + 2) else {
                continue;
            };
            if let Some(shard) = richest.last()
                && let Err(error) = shard.election.ask().await
                && !error.is_conflict()
            {
                tracing::warn!(%error, "a shard could not be asked for");
            }
        }
    }
}

impl Shard {
    /// Begins nothing more, and waits for what has begun.
    async fn quiet(&self) {
        self.held.send_replace(false);
        if tokio::time::timeout(LAST_BREATH, self.busy.write())
            .await
            .is_err()
        {
            tracing::warn!("what was going on in a shard is cut off");
        }
    }
}
