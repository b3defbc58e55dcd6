//! Documents that have been made.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{document::document, index::hash};
use crate::sandbox::registry::Registry;

/// One document with its ETag.
#[derive(Clone, Debug)]
pub struct Cached {
    /// Changes with the content.
    pub hash: String,
    /// JSON.
    pub bytes: Arc<Vec<u8>>,
}

/// Keeps the last document of each version, made when it is first asked for.
#[derive(Debug, Default)]
pub struct Cache(Mutex<BTreeMap<(String, String), Cached>>);

impl Cache {
    /// The document of a version as it is now; absent when the version is not known.
    pub fn document(&self, registry: &Registry, group: &str, version: &str) -> Option<Cached> {
        let hash = hash(registry, group, version)?;
        let key = (group.to_owned(), version.to_owned());
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = lock().get(&key).filter(|cached| cached.hash == hash) {
            return Some(cached.clone());
        }
        // Made outside of the lock: twice at worst.
        let document = document(registry, group, version)?;
        let cached = Cached {
            hash,
            bytes: Arc::new(document.to_string().into_bytes()),
        };
        lock().insert(key, cached.clone());
        Some(cached)
    }
}
