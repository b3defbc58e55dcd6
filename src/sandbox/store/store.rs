//! All shelves under one version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use super::{Change, ChangeKind, GroupResource, Key, Log, Place, Shelf, Stored};
use crate::object::Object;

/// Every object of the server. Each change takes the next version, whatever it changes.
#[derive(Debug, Default)]
pub struct Store {
    version: u64,
    /// The version that was current when the objects were read back: changes up to it are forgotten.
    origin: u64,
    shelves: BTreeMap<GroupResource, Shelf>,
    /// Objects that name an owner, by the owner's uid.
    dependents: BTreeMap<String, BTreeSet<Key>>,
    /// Changes that nobody has taken yet.
    fresh: Vec<Arc<Change>>,
}

impl Store {
    /// An empty store that begins at a version, as if all before it were forgotten.
    pub fn starting_at(version: u64) -> Self {
        Self {
            version,
            origin: version,
            ..Self::default()
        }
    }

    /// The version of the last change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The objects of one resource, if there ever was one.
    pub fn shelf(&self, resource: &GroupResource) -> Option<&Shelf> {
        self.shelves.get(resource)
    }

    /// All resources that ever had an object.
    pub fn shelves(&self) -> impl Iterator<Item = (&GroupResource, &Shelf)> {
        self.shelves.iter()
    }

    /// The version up to which changes of a resource are forgotten.
    pub fn floor(&self, resource: &GroupResource) -> u64 {
        self.shelf(resource)
            .map_or(self.origin, |shelf| shelf.log.floor())
    }

    /// One object.
    pub fn get(&self, resource: &GroupResource, place: &Place) -> Option<Arc<Stored>> {
        self.shelf(resource)?.get(place).cloned()
    }

    /// One object.
    pub fn at(&self, key: &Key) -> Option<Arc<Stored>> {
        self.get(&key.resource, &key.place)
    }

    /// Keeps an object under the next version, new or over the one that is there.
    pub fn put(&mut self, key: &Key, mut object: Object) -> Arc<Stored> {
        self.version += 1;
        object.set(
            &["metadata", "resourceVersion"],
            Value::String(self.version.to_string()),
        );
        let stored = Arc::new(Stored::new(object, self.version));
        self.index(key, &stored);
        let previous = self
            .shelf_mut(&key.resource)
            .objects
            .insert(key.place.clone(), stored.clone());
        if let Some(previous) = &previous {
            self.unindex(key, previous, &stored);
        }
        let kind = match previous {
            Some(_) => ChangeKind::Modified,
            None => ChangeKind::Added,
        };
        self.note(key, kind, stored.clone(), previous);
        stored
    }

    /// Drops an object under the next version; gives its last state with that version.
    pub fn remove(&mut self, key: &Key) -> Option<Arc<Stored>> {
        let previous = self
            .shelves
            .get_mut(&key.resource)?
            .objects
            .remove(&key.place)?;
        self.version += 1;
        let mut object = previous.object.clone();
        object.set(
            &["metadata", "resourceVersion"],
            Value::String(self.version.to_string()),
        );
        let last = Arc::new(Stored::new(object, self.version));
        for uid in owner_uids(&previous.object) {
            self.forget_dependent(uid, key);
        }
        self.note(key, ChangeKind::Deleted, last.clone(), Some(previous));
        Some(last)
    }

    /// Takes an object back that was kept before, under the version it has.
    pub fn restore(&mut self, key: Key, object: Object) {
        let version = object
            .resource_version()
            .and_then(|version| version.parse().ok())
            .unwrap_or(self.version);
        let stored = Arc::new(Stored::new(object, version));
        self.index(&key, &stored);
        let shelf = self.shelf_mut(&key.resource);
        if let Some(previous) = shelf.objects.insert(key.place.clone(), stored.clone()) {
            self.unindex(&key, &previous, &stored);
        }
    }

    /// Takes back that an object is gone.
    pub fn discard(&mut self, key: &Key) {
        let Some(shelf) = self.shelves.get_mut(&key.resource) else {
            return;
        };
        if let Some(previous) = shelf.objects.remove(&key.place) {
            for uid in owner_uids(&previous.object) {
                self.forget_dependent(uid, key);
            }
        }
    }

    /// Goes on behind a version: changes up to it are forgotten.
    pub fn advance_to(&mut self, version: u64) {
        self.version = self.version.max(version);
        self.origin = self.version;
        for shelf in self.shelves.values_mut() {
            shelf.log = Log::starting_at(self.origin);
        }
    }

    /// The objects that name a uid as an owner.
    pub fn dependents(&self, uid: &str) -> Vec<Key> {
        self.dependents
            .get(uid)
            .map(|keys| keys.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// One of the changes since [`Store::take_fresh`] was last called.
    pub fn fresh(&self, index: usize) -> Option<Arc<Change>> {
        self.fresh.get(index).cloned()
    }

    /// The changes since this was last called, oldest first.
    pub fn take_fresh(&mut self) -> Vec<Arc<Change>> {
        std::mem::take(&mut self.fresh)
    }

    /// Undoes the youngest changes, as [`Store::take_fresh`] gave them; nobody may have seen them.
    pub fn take_back(&mut self, changes: &[Arc<Change>]) {
        for change in changes.iter().rev() {
            let key = &change.key;
            self.discard(key);
            let shelf = self.shelf_mut(&key.resource);
            shelf.log.take_back(change);
            if let Some(previous) = &change.previous {
                shelf.objects.insert(key.place.clone(), previous.clone());
                self.index(key, previous);
            }
            self.version = change.version().saturating_sub(1);
        }
    }

    fn shelf_mut(&mut self, resource: &GroupResource) -> &mut Shelf {
        let origin = self.origin;
        // Looked up first: the name is cloned for a new shelf only.
        if !self.shelves.contains_key(resource) {
            let shelf = Shelf {
                log: Log::starting_at(origin),
                ..Shelf::default()
            };
            self.shelves.insert(resource.clone(), shelf);
        }
        self.shelves.entry(resource.clone()).or_default()
    }

    fn note(
        &mut self,
        key: &Key,
        kind: ChangeKind,
        object: Arc<Stored>,
        previous: Option<Arc<Stored>>,
    ) {
        let change = Arc::new(Change {
            key: key.clone(),
            kind,
            object,
            previous,
            frame: OnceLock::new(),
        });
        self.shelf_mut(&key.resource).log.push(change.clone());
        self.fresh.push(change);
    }

    fn index(&mut self, key: &Key, stored: &Stored) {
        for uid in owner_uids(&stored.object) {
            self.dependents
                .entry(uid.to_owned())
                .or_default()
                .insert(key.clone());
        }
    }

    fn unindex(&mut self, key: &Key, previous: &Stored, now: &Stored) {
        let kept: BTreeSet<&str> = owner_uids(&now.object).collect();
        for uid in owner_uids(&previous.object).filter(|uid| !kept.contains(uid)) {
            self.forget_dependent(uid, key);
        }
    }

    fn forget_dependent(&mut self, uid: &str, key: &Key) {
        if let Some(keys) = self.dependents.get_mut(uid) {
            keys.remove(key);
            if keys.is_empty() {
                self.dependents.remove(uid);
            }
        }
    }
}

fn owner_uids(object: &Object) -> impl Iterator<Item = &str> {
    object
        .at(&["metadata", "ownerReferences"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|owner| owner.get("uid")?.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::store::WINDOW_EVENTS;

    fn key(name: &str) -> Key {
        Key::new(GroupResource::new("", "configmaps"), Place::new("a", name))
    }

    fn object(name: &str, value: &str, owner: Option<&str>) -> Object {
        let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "a"}, "data": {"v": value}});
        if let Some(owner) = owner {
            object["metadata"]["ownerReferences"] = json!([{"uid": owner}]);
        }
        Object::from_value(object).unwrap()
    }

    #[test]
    fn the_past_is_remembered_while_it_is_in_the_window() {
        let mut store = Store::default();
        store.put(&key("a"), object("a", "1", None));
        store.put(&key("b"), object("b", "1", None));
        store.put(&key("a"), object("a", "2", None));
        store.remove(&key("b"));
        let shelf = store.shelf(&key("a").resource).unwrap();
        let then = |version, after: Option<&str>| -> Vec<String> {
            let after = after.map(|name| Place::new("a", name));
            let then = shelf.range_at(version, "a", after.as_ref()).unwrap();
            then.map(|(place, stored)| {
                let value = stored.object.at(&["data", "v"]).unwrap();
                format!("{}={}", place.name, value.as_str().unwrap())
            })
            .collect()
        };
        assert_eq!(then(1, None), ["a=1"]);
        assert_eq!(then(2, None), ["a=1", "b=1"]);
        assert_eq!(then(2, Some("a")), ["b=1"]);
        assert_eq!(then(3, None), ["a=2", "b=1"]);
        assert_eq!(then(4, None), ["a=2"]);
        assert!(then(4, Some("a")).is_empty());
        assert_eq!(shelf.range("a", None).count(), 1);
        for round in 0..WINDOW_EVENTS {
            store.put(&key("a"), object("a", &round.to_string(), None));
        }
        let shelf = store.shelf(&key("a").resource).unwrap();
        assert!(shelf.range_at(2, "a", None).is_none());
        assert_eq!(shelf.log().floor(), 4);
        assert_eq!(shelf.log().after(4).unwrap().count(), WINDOW_EVENTS);
    }

    #[test]
    fn what_is_taken_back_never_was() {
        let mut store = Store::default();
        store.put(&key("a"), object("a", "1", Some("u")));
        store.put(&key("b"), object("b", "1", None));
        store.take_fresh();
        store.put(&key("a"), object("a", "2", Some("w")));
        store.remove(&key("b"));
        store.put(&key("c"), object("c", "1", Some("w")));
        store.remove(&key("a"));
        let changes = store.take_fresh();
        store.take_back(&changes);
        assert_eq!(store.version(), 2);
        let versions = |name| store.at(&key(name)).map(|stored| stored.version);
        assert_eq!(
            (versions("a"), versions("b"), versions("c")),
            (Some(1), Some(2), None)
        );
        assert_eq!(store.dependents("u"), [key("a")]);
        assert!(store.dependents("w").is_empty());
        let log = store.shelf(&key("a").resource).unwrap().log();
        assert_eq!(log.after(0).unwrap().count(), 2);
    }

    #[test]
    fn dependents_are_found_by_the_uid_of_their_owner() {
        let mut store = Store::default();
        store.put(&key("a"), object("a", "1", Some("u")));
        assert_eq!(store.dependents("u"), [key("a")]);
        store.put(&key("a"), object("a", "1", Some("w")));
        assert!(store.dependents("u").is_empty());
        store.remove(&key("a"));
        assert!(store.dependents("w").is_empty());
    }
}
