//! What the watches have shown, with our own writes added at once, and the indexes that keep each pass small.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    affected,
    gone::Gone,
    key::{Key, Kind},
};
use crate::{
    cluster::Trace,
    object::{Object, pod_template::SourceKind},
    workload::{
        field,
        pod::{self, SourceKey},
    },
};

/// A Secret or ConfigMap by namespace.
pub(super) type SourceRef = (String, SourceKey);

/// What a pod names, and of which state of the pod that holds.
struct Needs {
    uid: Option<String>,
    generation: Option<i64>,
    sources: BTreeSet<SourceKey>,
}

/// All watched objects, and who has to be looked at again.
#[derive(Default)]
pub(super) struct Cache {
    objects: BTreeMap<Key, Arc<Object>>,
    /// By the uid of the controlling owner.
    owned: BTreeMap<String, BTreeSet<Key>>,
    /// Objects that nobody controls.
    orphans: BTreeSet<Key>,
    /// Pods that no node has yet.
    unbound: BTreeSet<Key>,
    /// Which pods name a source.
    readers: BTreeMap<SourceRef, BTreeSet<Key>>,
    /// What each pod names.
    needs: BTreeMap<Key, Needs>,
    /// The version of each source, by its watch.
    versions: BTreeMap<SourceRef, String>,
    /// The sources that pods name, as they were read last.
    contents: BTreeMap<SourceRef, Arc<Object>>,
    gone: Gone,
    /// Addresses of pods by uid, and of Services.
    addresses: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    services: BTreeSet<String>,
    /// Who has to be looked at.
    pub(super) queue: BTreeSet<Key>,
}

impl Cache {
    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Object>> {
        self.objects.get(key)
    }

    /// Objects of a kind in a namespace.
    pub(super) fn within(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = &Arc<Object>> {
        let first = Key::new(kind, namespace, "");
        let namespace = namespace.to_owned();
        self.objects
            .range(first..)
            .take_while(move |(key, _)| key.kind == kind && key.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// The keys of all objects of a kind, or of those in a namespace.
    pub(super) fn keys(&self, kind: Kind, namespace: Option<&str>) -> Vec<Key> {
        let first = Key::new(kind, namespace.unwrap_or_default(), "");
        self.objects
            .range(first..)
            .map(|(key, _)| key)
            .take_while(|key| key.kind == kind)
            .take_while(|key| namespace.is_none_or(|wanted| key.namespace == wanted))
            .cloned()
            .collect()
    }

    /// All objects of a kind that belongs to no namespace.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.within(Kind::Node, "")
    }

    /// Pods that no node has yet.
    pub(super) fn unbound(&self) -> impl Iterator<Item = &Key> {
        self.unbound.iter()
    }

    /// Objects of a kind that an owner controls.
    pub(super) fn owned(&self, kind: Kind, uid: &str) -> impl Iterator<Item = &Arc<Object>> {
        self.owned
            .get(uid)
            .into_iter()
            .flatten()
            .filter(move |key| key.kind == kind)
            .filter_map(|key| self.objects.get(key))
    }

    /// Objects of a kind in a namespace that nobody controls.
    pub(super) fn orphans(
        &self,
        kind: Kind,
        namespace: &str,
    ) -> impl Iterator<Item = &Arc<Object>> {
        let first = Key::new(kind, namespace, "");
        let namespace = namespace.to_owned();
        self.orphans
            .range(first..)
            .take_while(move |key| key.kind == kind && key.namespace == namespace)
            .filter_map(|key| self.objects.get(key))
    }

    /// Addresses that Services have.
    pub(super) fn service_addresses(&self) -> &BTreeSet<String> {
        &self.services
    }

    /// Takes an object in, from a watch or from our own write, unless something newer is known.
    pub(super) fn store(&mut self, object: Object) {
        let Some(key) = Key::of(&object.reference()) else {
            return;
        };
        if object.uid().is_some_and(|uid| self.gone.has(uid)) {
            return;
        }
        let old = self.objects.get(&key).cloned();
        if let Some(old) = &old
            && old.uid() == object.uid()
            && version(old) >= version(&object)
        {
            return;
        }
        if let Some(old) = &old {
            self.unlink(&key, old);
        }
        let object = Arc::new(object);
        self.link(&key, &object);
        affected::note(self, &key, old.as_deref(), Some(&object));
        self.objects.insert(key, object);
    }

    /// Drops an object that is gone, by a watch or by our own doing; another of its name stays.
    pub(super) fn bury(&mut self, key: &Key, uid: &str) {
        self.gone.note(uid);
        let is_it = |old: &Arc<Object>| old.uid() == Some(uid);
        if self.objects.get(key).is_some_and(is_it) {
            self.drop_key(key);
        }
    }

    fn drop_key(&mut self, key: &Key) {
        let Some(old) = self.objects.remove(key) else {
            return;
        };
        self.unlink(key, &old);
        self.forget_needs(key);
        if let Some(address) = old.uid().and_then(|uid| self.addresses.remove(uid)) {
            self.taken.remove(&address);
        }
        affected::note(self, key, Some(&old), None);
    }

    /// After a whole list: what was not in it is gone.
    pub(super) fn retain(&mut self, kind: Kind, listed: &BTreeSet<Key>) {
        let lost: Vec<Key> = self
            .objects
            .keys()
            .filter(|key| key.kind == kind && !listed.contains(key))
            .cloned()
            .collect();
        for key in lost {
            self.drop_key(&key);
        }
    }

    fn link(&mut self, key: &Key, object: &Object) {
        match object.controller_uid() {
            Some(uid) => {
                self.owned
                    .entry(uid.to_owned())
                    .or_default()
                    .insert(key.clone());
            }
            None => {
                self.orphans.insert(key.clone());
            }
        }
        match key.kind {
            Kind::Pod => {
                if field::text(object, &["spec", "nodeName"]).is_empty() {
                    self.unbound.insert(key.clone());
                }
                self.link_needs(key, object);
                let address = field::text(object, &["status", "podIP"]);
                if let (Some(uid), false) = (object.uid(), address.is_empty()) {
                    self.taken.insert(address.to_owned());
                    self.addresses.insert(uid.to_owned(), address.to_owned());
                }
            }
            Kind::Service => {
                let address = field::text(object, &["spec", "clusterIP"]);
                if !matches!(address, "" | "None") {
                    self.services.insert(address.to_owned());
                }
            }
            _ => {}
        }
    }

    fn unlink(&mut self, key: &Key, object: &Object) {
        self.unbound.remove(key);
        match object.controller_uid() {
            Some(uid) => {
                if let Some(keys) = self.owned.get_mut(uid) {
                    keys.remove(key);
                    if keys.is_empty() {
                        self.owned.remove(uid);
                    }
                }
            }
            None => {
                self.orphans.remove(key);
            }
        }
        if key.kind == Kind::Service {
            self.services
                .remove(field::text(object, &["spec", "clusterIP"]));
        }
    }

    fn link_needs(&mut self, key: &Key, pod: &Object) {
        let generation = pod.generation();
        if let Some(known) = self.needs.get(key)
            && known.uid.as_deref() == pod.uid()
            && known.generation == generation
            && generation.is_some()
        {
            return;
        }
        self.forget_needs(key);
        let needs = Needs {
            uid: pod.uid().map(str::to_owned),
            generation,
            sources: pod::needs(pod),
        };
        for source in &needs.sources {
            let source = (key.namespace.clone(), source.clone());
            self.readers.entry(source).or_default().insert(key.clone());
        }
        self.needs.insert(key.clone(), needs);
    }

    fn forget_needs(&mut self, key: &Key) {
        let Some(needs) = self.needs.remove(key) else {
            return;
        };
        for source in needs.sources {
            let source = (key.namespace.clone(), source);
            if let Some(keys) = self.readers.get_mut(&source) {
                keys.remove(key);
                if keys.is_empty() {
                    self.readers.remove(&source);
                    // Nobody reads it any more: its content does not stay in memory.
                    self.contents.remove(&source);
                }
            }
        }
    }

    /// What a pod names.
    pub(super) fn needs(&self, key: &Key) -> Vec<SourceRef> {
        let needs = self.needs.get(key).map(|needs| &needs.sources);
        needs
            .into_iter()
            .flatten()
            .map(|source| (key.namespace.clone(), source.clone()))
            .collect()
    }

    /// Notes the version of a source, or that it is gone, and wakes its readers.
    pub(super) fn note_source(&mut self, kind: SourceKind, trace: &Trace, is_there: bool) {
        let source = (
            trace.object.namespace.clone().unwrap_or_default(),
            SourceKey {
                kind,
                name: trace.object.name.clone(),
            },
        );
        let changed = if is_there {
            let version = trace.resource_version.clone();
            self.versions.insert(source.clone(), version) != Some(trace.resource_version.clone())
        } else {
            self.contents.remove(&source);
            self.versions.remove(&source).is_some()
        };
        if changed {
            self.queue
                .extend(self.readers.get(&source).into_iter().flatten().cloned());
        }
    }

    /// The sources of a kind that are not in a new list are gone.
    pub(super) fn retain_sources(&mut self, kind: SourceKind, listed: &BTreeSet<(String, String)>) {
        let lost: Vec<SourceRef> = self
            .versions
            .keys()
            .filter(|(namespace, key)| {
                key.kind == kind && !listed.contains(&(namespace.clone(), key.name.clone()))
            })
            .cloned()
            .collect();
        for source in lost {
            self.versions.remove(&source);
            self.contents.remove(&source);
            self.queue
                .extend(self.readers.get(&source).into_iter().flatten().cloned());
        }
    }

    /// The content of a source, if it is known as of the version that the watch has shown.
    pub(super) fn content(&self, source: &SourceRef) -> Content {
        let Some(version) = self.versions.get(source) else {
            return Content::Absent;
        };
        match self.contents.get(source) {
            Some(object) if object.resource_version() == Some(version) => {
                Content::Known(object.clone())
            }
            _ => Content::Unread,
        }
    }

    /// Keeps the content of a source that was read, as long as a pod names it.
    pub(super) fn keep(&mut self, source: SourceRef, object: Arc<Object>) {
        if self.readers.contains_key(&source) {
            self.contents.insert(source, object);
        }
    }

    /// The address of a pod: the one it has, or one that is kept for it from now on.
    pub(super) fn address_of(&mut self, uid: &str) -> String {
        if let Some(address) = self.addresses.get(uid) {
            return address.clone();
        }
        /// 10.244.0.0/16 without its first and its last two addresses.
        const ROOM: u32 = (1 << 16) - 4;
        let start = field::fnv1a(uid.as_bytes()) % ROOM;
        let address = (0..ROOM)
            .map(|step| {
                let [high, low] = u16::try_from(2 + (start + step) % ROOM)
                    .unwrap_or(2)
                    .to_be_bytes();
                format!("10.244.{high}.{low}")
            })
            .find(|address| !self.taken.contains(address))
            .unwrap_or_default();
        self.taken.insert(address.clone());
        self.addresses.insert(uid.to_owned(), address.clone());
        address
    }
}

/// What is known of a source.
pub(super) enum Content {
    Absent,
    Unread,
    Known(Arc<Object>),
}

/// Versions are ordered numbers on every API server that we meet; others count as old.
fn version(object: &Object) -> u64 {
    object
        .resource_version()
        .and_then(|version| version.parse().ok())
        .unwrap_or(0)
}
