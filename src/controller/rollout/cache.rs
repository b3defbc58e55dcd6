//! What the watches have shown, with our own writes added at once, and the indexes that keep each pass small.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    cluster::LiveEvent,
    object::{Gvk, Object, ObjectRef},
};

/// Objects of the kinds that are watched beside the Rollouts.
#[derive(Default)]
pub(super) struct Cache {
    objects: BTreeMap<ObjectRef, Arc<Object>>,
    /// By the uid of the controlling owner.
    owned: BTreeMap<String, BTreeSet<ObjectRef>>,
    /// Objects that nobody controls, by kind and namespace.
    orphans: BTreeMap<(Gvk, Option<String>), BTreeSet<ObjectRef>>,
    /// Uids of objects that we know to be gone before the watch does.
    gone: BTreeSet<String>,
    /// Kinds that have been listed whole.
    complete: BTreeSet<Gvk>,
    /// What a list in progress has shown so far.
    listed: BTreeMap<Gvk, BTreeSet<ObjectRef>>,
    /// Which Rollouts name an object.
    namers: BTreeMap<ObjectRef, BTreeSet<ObjectRef>>,
    /// What each Rollout names.
    named: BTreeMap<ObjectRef, BTreeSet<ObjectRef>>,
}

impl Cache {
    /// Whether all objects of a kind are known.
    pub(super) fn is_complete(&self, gvk: &Gvk) -> bool {
        self.complete.contains(gvk)
    }

    pub(super) fn get(&self, target: &ObjectRef) -> Option<&Arc<Object>> {
        self.objects.get(target)
    }

    /// Objects of a kind that an owner controls.
    pub(super) fn owned(&self, gvk: &Gvk, uid: &str) -> Vec<Object> {
        let all = self.owned.get(uid).into_iter().flatten();
        all.filter(|target| target.gvk == *gvk)
            .filter_map(|target| self.objects.get(target))
            .map(|object| object.as_ref().clone())
            .collect()
    }

    /// Objects of a kind in a namespace that nobody controls.
    pub(super) fn orphans(&self, gvk: &Gvk, namespace: Option<&str>) -> Vec<Object> {
        let key = (gvk.clone(), namespace.map(str::to_owned));
        let all = self.orphans.get(&key).into_iter().flatten();
        all.filter_map(|target| self.objects.get(target))
            .map(|object| object.as_ref().clone())
            .collect()
    }

    /// Notes what a Rollout names.
    pub(super) fn note_named(&mut self, rollout: &ObjectRef, targets: BTreeSet<ObjectRef>) {
        if self.named.get(rollout) == Some(&targets) {
            return;
        }
        self.forget_namer(rollout);
        for target in &targets {
            let namers = self.namers.entry(target.clone()).or_default();
            namers.insert(rollout.clone());
        }
        self.named.insert(rollout.clone(), targets);
    }

    /// Forgets what a Rollout names.
    pub(super) fn forget_namer(&mut self, rollout: &ObjectRef) {
        for target in self.named.remove(rollout).unwrap_or_default() {
            if let Some(namers) = self.namers.get_mut(&target) {
                namers.remove(rollout);
                if namers.is_empty() {
                    self.namers.remove(&target);
                }
            }
        }
    }

    /// The Rollouts that name an object.
    pub(super) fn namers(&self, target: &ObjectRef) -> Vec<ObjectRef> {
        let namers = self.namers.get(target).into_iter().flatten();
        namers.cloned().collect()
    }

    /// Takes in what a watch of a kind tells, and gives the objects that it speaks of.
    pub(super) fn take_in(&mut self, gvk: &Gvk, event: LiveEvent) -> Vec<Arc<Object>> {
        match event {
            LiveEvent::Apply(live) => {
                self.store(live.object().clone());
                vec![live.object().clone()]
            }
            LiveEvent::Delete(live) => {
                let object = live.object().clone();
                if let Some(uid) = object.uid() {
                    self.gone.remove(uid);
                }
                let target = object.reference();
                if self
                    .get(&target)
                    .is_some_and(|old| old.uid() == object.uid())
                {
                    self.drop(&target);
                }
                vec![object]
            }
            LiveEvent::Init => {
                self.listed.insert(gvk.clone(), BTreeSet::new());
                Vec::new()
            }
            LiveEvent::InitApply(live) => {
                let object = live.object().clone();
                let listed = self.listed.entry(gvk.clone()).or_default();
                listed.insert(object.reference());
                self.store(object.clone());
                vec![object]
            }
            LiveEvent::InitDone => {
                self.complete.insert(gvk.clone());
                let listed = self.listed.remove(gvk).unwrap_or_default();
                let lost: Vec<ObjectRef> = self
                    .objects
                    .keys()
                    .filter(|target| target.gvk == *gvk && !listed.contains(target))
                    .cloned()
                    .collect();
                lost.iter().filter_map(|target| self.drop(target)).collect()
            }
        }
    }

    /// Takes an object in, from a watch or from our own write, unless something newer is known.
    pub(super) fn store(&mut self, object: Arc<Object>) {
        if object.uid().is_some_and(|uid| self.gone.contains(uid)) {
            return;
        }
        let target = object.reference();
        if let Some(old) = self.objects.get(&target)
            && old.uid() == object.uid()
            && version(old) >= version(&object)
        {
            return;
        }
        self.drop(&target);
        match object.controller_uid() {
            Some(uid) => self.owned.entry(uid.to_owned()).or_default(),
            None => {
                let key = (target.gvk.clone(), target.namespace.clone());
                self.orphans.entry(key).or_default()
            }
        }
        .insert(target.clone());
        self.objects.insert(target, object);
    }

    /// Drops an object that we removed ourselves; the watch will say so later. Another of its name stays.
    pub(super) fn drop_ours(&mut self, target: &ObjectRef, uid: &str) {
        let is_it = |old: &Arc<Object>| old.uid() == Some(uid);
        if self.objects.get(target).is_some_and(is_it) {
            self.drop(target);
            self.gone.insert(uid.to_owned());
        }
    }

    fn drop(&mut self, target: &ObjectRef) -> Option<Arc<Object>> {
        let old = self.objects.remove(target)?;
        match old.controller_uid() {
            Some(uid) => {
                if let Some(all) = self.owned.get_mut(uid) {
                    all.remove(target);
                    if all.is_empty() {
                        self.owned.remove(uid);
                    }
                }
            }
            None => {
                let key = (target.gvk.clone(), target.namespace.clone());
                if let Some(all) = self.orphans.get_mut(&key) {
                    all.remove(target);
                }
            }
        }
        Some(old)
    }
}

fn version(object: &Object) -> Option<u64> {
    object.resource_version()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(version: &str, owner: Option<&str>) -> Arc<Object> {
        let owners = owner.map(|uid| json!([{"uid": uid, "controller": true}]));
        let value = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "a",
            "namespace": "ns", "uid": "u", "resourceVersion": version, "ownerReferences": owners}});
        Arc::new(Object::from_value(value).unwrap())
    }

    #[test]
    fn our_own_write_is_not_undone_by_an_older_event() {
        let mut cache = Cache::default();
        let gvk = set("1", None).gvk();
        cache.store(set("9", Some("r")));
        cache.store(set("8", None));
        assert_eq!(cache.owned(&gvk, "r").len(), 1);
        assert!(cache.orphans(&gvk, Some("ns")).is_empty());
        let target = set("9", None).reference();
        cache.drop_ours(&target, "of one that went before");
        assert_eq!(cache.owned(&gvk, "r").len(), 1);
        cache.drop_ours(&target, "u");
        cache.store(set("10", Some("r")));
        assert!(cache.owned(&gvk, "r").is_empty());
    }

    #[test]
    fn those_who_name_an_object_are_known_until_they_name_another() {
        let mut cache = Cache::default();
        let (rollout, named) = (set("1", None).reference(), set("2", None).reference());
        cache.note_named(&rollout, BTreeSet::from([named.clone()]));
        assert_eq!(cache.namers(&named), std::slice::from_ref(&rollout));
        cache.note_named(&rollout, BTreeSet::new());
        assert!(cache.namers(&named).is_empty());
        assert!(!cache.is_complete(&named.gvk));
    }
}
