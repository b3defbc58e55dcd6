//! What the simulation has seen, and what it makes of it when time passes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::pods::{self, Pods};
use crate::{
    cluster::LiveEvent,
    controller::workload::Readings,
    object::Object,
    promql::{Labels, METRIC_NAME, Store, StoreError},
    simulation::{Exposition, Options, Picture, Scene, World, routes},
    workload::pod::Surroundings,
};

/// Changes that come closer together are taken as one.
const GRAIN: SignedDuration = SignedDuration::from_millis(100);

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    Pod,
    Service,
    Route(&'static str),
    Deployment,
    Database,
    Image,
}

/// What the simulation has seen, and what came of it.
pub(super) struct State {
    pub(super) world: World,
    pub(super) store: Store,
    pub(super) pods: Pods,
    /// All but the pods, by what they are.
    objects: BTreeMap<Seen, BTreeMap<(String, String), Object>>,
    /// Lists in progress.
    listed: BTreeMap<Seen, BTreeSet<(String, String)>>,
    /// What was given by hand.
    given: Surroundings,
    around: Surroundings,
    usual: u64,
    is_changed: bool,
    /// The series of the last scrape.
    shown: BTreeSet<Labels>,
    is_full: bool,
    now: Timestamp,
}

impl State {
    pub(super) fn new(options: &Options, now: Timestamp) -> Self {
        Self {
            world: World::new(options, now),
            store: Store::default(),
            pods: Pods::default(),
            objects: BTreeMap::new(),
            listed: BTreeMap::new(),
            given: Surroundings::default(),
            around: Surroundings::default(),
            usual: options.usual(),
            is_changed: false,
            shown: BTreeSet::new(),
            is_full: false,
            now,
        }
    }

    /// Lets time pass up to now: first with what was seen before, as it was.
    pub(super) fn advance(&mut self, now: Timestamp, readings: &Readings) {
        if now <= self.now {
            return;
        }
        self.is_changed |= self.pods.settle(readings, &self.around);
        if self.is_changed {
            self.world.set(self.scene());
            self.is_changed = false;
        }
        for exposition in self.world.advance(now) {
            self.scrape(&exposition);
        }
        self.now = now;
    }

    /// The traffic now, changes of this very moment included.
    pub(super) fn picture(&mut self, readings: &Readings) -> Picture {
        self.is_changed |= self.pods.settle(readings, &self.around);
        if self.is_changed {
            self.world.set(self.scene());
            self.is_changed = false;
        }
        self.world.picture()
    }

    /// Takes in what a watch tells; gives the surroundings if those are others now.
    pub(super) fn take(
        &mut self,
        seen: Seen,
        event: LiveEvent,
        now: Timestamp,
        readings: &Readings,
    ) -> Option<Surroundings> {
        if now.duration_since(self.now) >= GRAIN {
            self.advance(now, readings);
        }
        match event {
            LiveEvent::Apply(live) => self.put(seen, live.object(), readings),
            LiveEvent::Delete(live) => self.remove(seen, live.object()),
            LiveEvent::Init => {
                self.listed.insert(seen, BTreeSet::new());
                return None;
            }
            LiveEvent::InitApply(live) => {
                let listed = self.listed.entry(seen).or_default();
                listed.insert(pods::key(live.object()));
                self.put(seen, live.object(), readings);
            }
            LiveEvent::InitDone => {
                let listed = self.listed.remove(&seen).unwrap_or_default();
                if seen == Seen::Pod {
                    self.pods.retain(&listed);
                } else if let Some(objects) = self.objects.get_mut(&seen) {
                    objects.retain(|key, _| listed.contains(key));
                }
            }
        }
        self.is_changed = true;
        matches!(seen, Seen::Database | Seen::Image)
            .then(|| self.look_around(readings))
            .flatten()
    }

    /// Changes what was given by hand.
    pub(super) fn give(
        &mut self,
        change: impl FnOnce(&mut Surroundings),
        readings: &Readings,
    ) -> Option<Surroundings> {
        change(&mut self.given);
        self.look_around(readings)
    }

    fn put(&mut self, seen: Seen, object: &Object, readings: &Readings) {
        if seen == Seen::Pod {
            self.pods.put(object.clone(), readings, &self.around);
        } else {
            let objects = self.objects.entry(seen).or_default();
            objects.insert(pods::key(object), object.clone());
        }
    }

    fn remove(&mut self, seen: Seen, object: &Object) {
        if seen == Seen::Pod {
            self.pods.remove(object);
        } else if let Some(objects) = self.objects.get_mut(&seen) {
            objects.remove(&pods::key(object));
        }
    }

    fn look_around(&mut self, readings: &Readings) -> Option<Surroundings> {
        let mut around = self.given.clone();
        for seen in [Seen::Database, Seen::Image] {
            for object in self
                .objects
                .get(&seen)
                .into_iter()
                .flat_map(BTreeMap::values)
            {
                around.add(object);
            }
        }
        if around == self.around {
            return None;
        }
        self.around = around.clone();
        self.pods.judge_all(readings, &self.around);
        self.is_changed = true;
        Some(around)
    }

    fn scene(&self) -> Scene {
        let mut scene = Scene::of(self.pods.endpoints());
        for (seen, objects) in &self.objects {
            for object in objects.values() {
                match seen {
                    Seen::Service => {
                        scene.add_service(object);
                        scene.routes.extend(routes(object, self.usual));
                    }
                    Seen::Route(_) => scene.routes.extend(routes(object, self.usual)),
                    Seen::Deployment => scene.add_deployment(object),
                    Seen::Pod | Seen::Database | Seen::Image => {}
                }
            }
        }
        scene
    }

    /// Writes one scrape into the store; series that it does not show any more end.
    fn scrape(&mut self, exposition: &Exposition) {
        let mut shown = BTreeSet::new();
        let mut is_full = false;
        for figure in &exposition.figures {
            let labels = figure.labels.iter();
            let labels: Labels = labels
                .map(|(name, value)| (*name, value.as_str()))
                .chain([(METRIC_NAME, figure.name)])
                .collect();
            match self.store.append(&labels, exposition.at, figure.value) {
                Ok(()) | Err(StoreError::OutOfOrder) => {}
                Err(StoreError::TooManySeries) => is_full = true,
            }
            shown.insert(labels);
        }
        for gone in self.shown.difference(&shown) {
            // It was appended at the scrape before, so this one is newer.
            let _ = self.store.end(gone, exposition.at);
        }
        if is_full && !self.is_full {
            tracing::warn!("the sandbox's Prometheus has too many series and leaves out new ones");
        }
        self.is_full = is_full;
        self.shown = shown;
        self.store.trim(exposition.at);
    }
}
