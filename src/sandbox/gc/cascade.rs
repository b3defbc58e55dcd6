//! Owners and dependents.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::content;
use crate::{
    object::{Gvk, Object},
    sandbox::{
        fresh,
        registry::{Registry, Resource},
        store::{Change, ChangeKind, GroupResource, Key, Place, Store, Stored},
        write::{
            self, DeleteOptions, FOREGROUND, ORPHAN, Propagation, Scope, UpdateKind, Writer,
            change_metadata, delete, remove_finalizers_done,
        },
    },
};

/// Does what follows from the changes made since `done`, and from what that changes, until nothing follows.
pub fn settle(store: &mut Store, registry: &Registry, now: Timestamp, mut done: usize) {
    let pass = Pass { registry, now };
    while let Some(change) = store.fresh(done) {
        done += 1;
        pass.react(store, &change);
    }
}

/// One settling.
pub(super) struct Pass<'a> {
    pub(super) registry: &'a Registry,
    pub(super) now: Timestamp,
}

/// What an owner reference points to.
enum Owner {
    /// It is there.
    Solid,
    /// It is there and waits for its dependents to go.
    Waiting,
    /// It is gone.
    Absent,
}

impl Pass<'_> {
    fn react(&self, store: &mut Store, change: &Change) {
        let key = &change.key;
        if change.kind == ChangeKind::Deleted {
            let uid = change.object.object.uid().unwrap_or_default().to_owned();
            for dependent in store.dependents(&uid) {
                self.attempt(store, &dependent);
            }
            self.wake_owners(store, &change.object);
            content::after_removal(self, store, key);
            return;
        }
        let stored = &change.object;
        if change.kind == ChangeKind::Added && key.resource.is("", "namespaces") {
            fresh::furnish(store, self.registry, self.now, &key.place.name);
        }
        if stored.is_deleting() {
            self.process_deleting(store, key);
            content::after_marking(self, store, change);
        }
        if has_owners(stored) && owners_changed(change) {
            self.attempt(store, key);
        }
        if let Some(previous) = &change.previous
            && has_owners(previous)
        {
            self.wake_owners(store, previous);
        }
    }

    /// Goes on with owners that wait for this dependent.
    fn wake_owners(&self, store: &mut Store, dependent: &Stored) {
        let namespace = dependent.object.namespace().unwrap_or_default().to_owned();
        for owner in owners(dependent) {
            if let Some(key) = self.owner_key(owner, &namespace) {
                self.process_deleting(store, &key);
            }
        }
    }

    fn process_deleting(&self, store: &mut Store, key: &Key) {
        let Some(stored) = store.at(key).filter(|stored| stored.is_deleting()) else {
            return;
        };
        let uid = stored.object.uid().unwrap_or_default().to_owned();
        if stored.finalizers().contains(&ORPHAN) {
            for dependent in store.dependents(&uid) {
                drop_owners(self, store, &dependent, |owner| owner_uid(owner) == uid);
            }
            drop_finalizer(store, key, ORPHAN);
        } else if stored.finalizers().contains(&FOREGROUND) {
            let dependents = store.dependents(&uid);
            let is_blocked = dependents.iter().any(|dependent| {
                store
                    .at(dependent)
                    .is_some_and(|stored| blocks(&stored, &uid))
            });
            for dependent in &dependents {
                if store.at(dependent).is_some_and(|d| !d.is_deleting()) {
                    self.attempt(store, dependent);
                }
            }
            if !is_blocked {
                drop_finalizer(store, key, FOREGROUND);
            }
        }
    }

    /// Looks whether an object is still wanted by any of its owners.
    fn attempt(&self, store: &mut Store, key: &Key) {
        let Some(stored) = store.at(key) else {
            return;
        };
        if stored.is_deleting() {
            return self.process_deleting(store, key);
        }
        let mut solid = 0;
        let mut waiting = 0;
        let mut absent = 0;
        let mut let_go: Vec<String> = Vec::new();
        for owner in owners(&stored) {
            match self.look(store, owner, &key.place.namespace) {
                // A kind that is not known may come back: nothing is done to the dependent.
                None => return,
                Some(Owner::Solid) => solid += 1,
                Some(Owner::Waiting) => {
                    waiting += 1;
                    let_go.push(owner_uid(owner).to_owned());
                }
                Some(Owner::Absent) => {
                    absent += 1;
                    let_go.push(owner_uid(owner).to_owned());
                }
            }
        }
        if solid + waiting + absent == 0 || (solid > 0 && let_go.is_empty()) {
            return;
        }
        if solid > 0 {
            drop_owners(self, store, key, |owner| {
                let_go.iter().any(|uid| uid == owner_uid(owner))
            });
            return;
        }
        let uid = stored.object.uid().unwrap_or_default().to_owned();
        let finalizers = stored.finalizers();
        let propagation = if waiting > 0 && !store.dependents(&uid).is_empty() {
            Propagation::Foreground
        } else if finalizers.contains(&ORPHAN) {
            Propagation::Orphan
        } else if finalizers.contains(&FOREGROUND) {
            Propagation::Foreground
        } else {
            Propagation::Background
        };
        self.delete(store, key, propagation);
    }

    pub(super) fn delete(&self, store: &mut Store, key: &Key, propagation: Propagation) {
        let Some(resource) = self.resource_of(store, key) else {
            return;
        };
        let scope = Scope {
            registry: self.registry,
            resource: &resource,
            namespace: &key.place.namespace,
            now: self.now,
            dry_run: false,
            writer: Writer::SERVER,
        };
        let options = DeleteOptions {
            propagation: Some(propagation),
            ..DeleteOptions::default()
        };
        // It was there a moment ago, and there is no precondition.
        let _ = delete(store, &scope, &key.place.name, &options);
    }

    fn resource_of(&self, store: &Store, key: &Key) -> Option<Arc<Resource>> {
        let gvk = store.at(key)?.object.gvk();
        self.registry.of_kind(&gvk)
    }

    fn owner_key(&self, owner: &Value, namespace: &str) -> Option<Key> {
        let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
        let gvk = Gvk::from_api_version(text("apiVersion"), text("kind"));
        let resource = self.registry.of_kind(&gvk)?;
        let namespace = if resource.namespaced { namespace } else { "" };
        Some(Key::new(
            GroupResource::new(&resource.storage.group, &resource.plural),
            Place::new(namespace, text("name")),
        ))
    }

    /// Takes from the managers what the collector took away.
    fn forget(&self, stored: &Stored, object: &mut Object) {
        let Some(resource) = self.registry.of_kind(&object.gvk()) else {
            return;
        };
        let namespace = object.namespace().unwrap_or_default().to_owned();
        let scope = Scope {
            registry: self.registry,
            resource: &resource,
            namespace: &namespace,
            now: self.now,
            dry_run: false,
            writer: Writer::SERVER,
        };
        write::settle(&scope, UpdateKind::Main, Some(&stored.object), object);
    }

    fn look(&self, store: &Store, owner: &Value, namespace: &str) -> Option<Owner> {
        let key = self.owner_key(owner, namespace)?;
        if namespace.is_empty() && key.place.namespace.is_empty() {
            let gvk = Gvk::from_api_version(
                owner.get("apiVersion")?.as_str()?,
                owner.get("kind")?.as_str()?,
            );
            // A cluster-wide object cannot be owned by one in a namespace: it is left alone.
            if self.registry.of_kind(&gvk)?.namespaced {
                return None;
            }
        }
        let Some(stored) = store.at(&key) else {
            return Some(Owner::Absent);
        };
        if stored.object.uid() != Some(owner_uid(owner)) {
            return Some(Owner::Absent);
        }
        Some(if is_foreground(&stored) {
            Owner::Waiting
        } else {
            Owner::Solid
        })
    }
}

fn is_foreground(stored: &Stored) -> bool {
    stored.is_deleting() && stored.finalizers().contains(&FOREGROUND)
}

fn owners(stored: &Stored) -> impl Iterator<Item = &Value> {
    stored
        .object
        .at(&["metadata", "ownerReferences"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn has_owners(stored: &Stored) -> bool {
    owners(stored).next().is_some()
}

fn owner_uid(owner: &Value) -> &str {
    owner.get("uid").and_then(Value::as_str).unwrap_or_default()
}

fn owners_changed(change: &Change) -> bool {
    change
        .previous
        .as_ref()
        .is_none_or(|previous| !owners(previous).eq(owners(&change.object)))
}

fn blocks(dependent: &Stored, uid: &str) -> bool {
    owners(dependent).any(|owner| {
        owner_uid(owner) == uid && owner.get("blockOwnerDeletion") == Some(&Value::Bool(true))
    })
}

fn drop_owners(pass: &Pass<'_>, store: &mut Store, key: &Key, is_dropped: impl Fn(&Value) -> bool) {
    let Some(stored) = store.at(key) else {
        return;
    };
    let mut object = change_metadata(&stored, |metadata| {
        let Some(list) = metadata
            .get_mut("ownerReferences")
            .and_then(Value::as_array_mut)
        else {
            return;
        };
        list.retain(|owner| !is_dropped(owner));
        if list.is_empty() {
            metadata.remove("ownerReferences");
        }
    });
    pass.forget(&stored, &mut object);
    if object != stored.object {
        store.put(key, object);
    }
}

pub(super) fn drop_finalizer(store: &mut Store, key: &Key, name: &str) {
    let Some(stored) = store.at(key) else {
        return;
    };
    let object = change_metadata(&stored, |metadata| {
        let Some(list) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) else {
            return;
        };
        list.retain(|finalizer| finalizer.as_str() != Some(name));
        if list.is_empty() {
            metadata.remove("finalizers");
        }
    });
    if object != stored.object {
        store.put(key, object);
        remove_finalizers_done(store, key);
    }
}
