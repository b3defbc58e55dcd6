//! The objects of one kind, kept up by a watch.

use std::{collections::BTreeMap, sync::Arc};

use crate::{cluster::LiveEvent, object::Object};

/// The objects of one kind, by namespace and name.
#[derive(Debug, Default)]
pub struct Shelf {
    objects: BTreeMap<(String, String), Arc<Object>>,
    coming: BTreeMap<(String, String), Arc<Object>>,
    is_whole: bool,
}

impl Shelf {
    /// Takes what a watch tells.
    pub fn take(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Init => self.coming.clear(),
            LiveEvent::InitApply(live) => {
                self.coming
                    .insert(key(live.object()), live.object().clone());
            }
            LiveEvent::InitDone => {
                self.objects = std::mem::take(&mut self.coming);
                self.is_whole = true;
            }
            LiveEvent::Apply(live) => {
                self.objects
                    .insert(key(live.object()), live.object().clone());
            }
            LiveEvent::Delete(live) => {
                self.objects.remove(&key(live.object()));
            }
        }
    }

    /// Whether everything was listed once.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// One object.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.objects.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// All objects, by namespace and name.
    pub fn all(&self) -> Vec<Object> {
        self.objects
            .values()
            .map(|object| object.as_ref().clone())
            .collect()
    }
}

fn key(object: &Object) -> (String, String) {
    let namespace = object.namespace().unwrap_or_default();
    (namespace.to_owned(), object.name().to_owned())
}
