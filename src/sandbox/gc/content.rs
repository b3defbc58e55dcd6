//! What goes with a namespace, and with a custom resource definition.

use serde_json::{Value, json};

use super::cascade::{Pass, drop_finalizer};
use crate::sandbox::{
    store::{Change, GroupResource, Key, Place, Store},
    write::{Propagation, remove_finalizers_done},
};

/// Finalizer of a definition that still has objects.
pub const DEFINITION_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

fn is_definition(key: &Key) -> bool {
    key.resource
        .is("apiextensions.k8s.io", "customresourcedefinitions")
}

/// Begins to empty what was just marked for deletion.
pub(super) fn after_marking(pass: &Pass<'_>, store: &mut Store, change: &Change) {
    let was_marked = change
        .previous
        .as_ref()
        .is_some_and(|previous| previous.is_deleting());
    let key = &change.key;
    if key.resource.is("", "namespaces") {
        if !was_marked {
            let namespace = key.place.name.clone();
            for inner in content_of(store, &namespace) {
                pass.delete(store, &inner, Propagation::Background);
            }
        }
        finish_namespace(store, &key.place.name);
    } else if is_definition(key) {
        if !was_marked {
            for inner in objects_of(store, key) {
                pass.delete(store, &inner, Propagation::Background);
            }
        }
        finish_definition(store, key);
    }
}

/// Goes on with the namespace or the definition that an object was in.
pub(super) fn after_removal(_pass: &Pass<'_>, store: &mut Store, key: &Key) {
    if !key.place.namespace.is_empty() {
        finish_namespace(store, &key.place.namespace);
    }
    let definition = Key::new(
        GroupResource::new("apiextensions.k8s.io", "customresourcedefinitions"),
        Place::new(
            "",
            format!("{}.{}", key.resource.plural, key.resource.group),
        ),
    );
    finish_definition(store, &definition);
}

fn content_of(store: &Store, namespace: &str) -> Vec<Key> {
    store
        .shelves()
        .flat_map(|(resource, shelf)| {
            shelf
                .range(namespace, None)
                .map(|(place, _)| Key::new(resource.clone(), place.clone()))
        })
        .collect()
}

fn objects_of(store: &Store, definition: &Key) -> Vec<Key> {
    let Some(resource) = resource_of_definition(store, definition) else {
        return Vec::new();
    };
    let shelf = store.shelf(&resource);
    shelf
        .into_iter()
        .flat_map(|shelf| shelf.range("", None))
        .map(|(place, _)| Key::new(resource.clone(), place.clone()))
        .collect()
}

fn resource_of_definition(store: &Store, definition: &Key) -> Option<GroupResource> {
    let stored = store.at(definition)?;
    let text = |path: &[&str]| stored.object.at(path)?.as_str().map(str::to_owned);
    Some(GroupResource::new(
        text(&["spec", "group"])?,
        text(&["spec", "names", "plural"])?,
    ))
}

fn finish_definition(store: &mut Store, definition: &Key) {
    let Some(stored) = store.at(definition).filter(|stored| stored.is_deleting()) else {
        return;
    };
    if stored.finalizers().contains(&DEFINITION_FINALIZER)
        && objects_of(store, definition).is_empty()
    {
        drop_finalizer(store, definition, DEFINITION_FINALIZER);
    }
}

fn finish_namespace(store: &mut Store, namespace: &str) {
    let key = Key::new(
        GroupResource::new("", "namespaces"),
        Place::new("", namespace),
    );
    let Some(stored) = store.at(&key).filter(|stored| stored.is_deleting()) else {
        return;
    };
    let is_empty = store
        .shelves()
        .all(|(_, shelf)| shelf.range(namespace, None).next().is_none());
    if !is_empty {
        return;
    }
    let mut object = stored.object.clone();
    let mut left: Vec<Value> = object
        .at(&["spec", "finalizers"])
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    left.retain(|finalizer| finalizer != "kubernetes");
    let spec = if left.is_empty() {
        json!({})
    } else {
        json!({ "finalizers": left })
    };
    object.set(&["spec"], spec);
    if object != stored.object {
        store.put(&key, object);
    }
    remove_finalizers_done(store, &key);
}
