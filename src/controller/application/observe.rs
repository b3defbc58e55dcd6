//! What the cluster has of an Application.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{run::Applier, watches::Watches};
use crate::{
    cluster::{ClusterError, Kinds, Resource},
    object::{Object, ObjectRef},
    sync::{Key, operation::OperationState, tracking::Tracking},
};

/// Kinds that are not looked through for marked objects.
const PASSED_OVER: &[&str] = &[
    "Event",
    "Endpoints",
    "EndpointSlice",
    "Lease",
    "Pod",
    "ReplicaSet",
];

/// What of the cluster concerns an Application.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// The objects under the keys of targets, and those that are marked as its own.
    pub live: BTreeMap<Key, Object>,
    /// The Rollouts that stand beside them.
    pub rollouts: Vec<Object>,
}

impl Applier {
    /// Lists every kind that Git, the status or the running sync names, in the namespaces that they name. A list
    /// that fails fails the whole: what is not seen must not look deleted.
    pub(super) async fn observe(
        &self,
        app: &Object,
        tracking: &Tracking,
        destination: &str,
        targets: &[Object],
        kinds: &Kinds,
    ) -> Result<Observed, ClusterError> {
        let reference = app.reference();
        let wanted: BTreeSet<Key> = targets.iter().map(Key::of).collect();
        let mut named = wanted.clone();
        let known = keys_of_status(app);
        named.extend(known.iter().cloned());
        let mut namespaces: BTreeSet<String> = named
            .iter()
            .map(|key| key.namespace.clone())
            .filter(|namespace| !namespace.is_empty())
            .collect();
        namespaces.insert(destination.to_owned());
        let mut resources: BTreeMap<(String, String), Resource> = BTreeMap::new();
        for target in targets {
            if let Some(resource) = kinds.find(&target.gvk()) {
                resources.insert(kind_of(resource), resource.clone());
            }
        }
        for key in &named {
            let kind = (key.group.clone(), key.kind.clone());
            if let Some(resource) = kinds.any_version(&key.group, &key.kind) {
                resources.entry(kind).or_insert_with(|| resource.clone());
            }
        }
        if known.is_empty() {
            // Nothing is remembered: look everywhere once.
            for (group, kind) in kinds.scopes().into_keys() {
                if PASSED_OVER.contains(&kind.as_str()) {
                    continue;
                }
                if let Some(resource) = kinds.any_version(&group, &kind).filter(|r| r.namespaced) {
                    resources
                        .entry((group, kind))
                        .or_insert_with(|| resource.clone());
                }
            }
        }
        let mut observed = Observed::default();
        for resource in resources.values() {
            let mut objects = Vec::new();
            if resource.namespaced {
                for namespace in &namespaces {
                    objects.extend(self.cluster.list_any(resource, Some(namespace)).await?);
                }
            } else {
                objects = self.cluster.list_any(resource, None).await?;
            }
            for object in objects {
                let key = Key::of(&object);
                if wanted.contains(&key) || tracking.is_managed(&object) {
                    observed.live.insert(key, object);
                }
            }
        }
        if let Some(rollouts) = kinds.any_version("argoproj.io", "Rollout") {
            for namespace in &namespaces {
                let found = self.cluster.list_any(rollouts, Some(namespace)).await?;
                observed.rollouts.extend(found);
            }
        }
        if !self.settings.only_looks {
            let mut all = named;
            all.extend(observed.live.keys().cloned());
            watch(&self.watches, &reference, all, kinds);
        }
        Ok(observed)
    }
}

fn watch(watches: &Watches, app: &ObjectRef, keys: BTreeSet<Key>, kinds: &Kinds) {
    for key in &keys {
        if let Some(resource) = kinds.any_version(&key.group, &key.kind) {
            watches.watch(resource);
        }
    }
    watches.set(app, keys);
}

fn kind_of(resource: &Resource) -> (String, String) {
    (resource.gvk.group.clone(), resource.gvk.kind.clone())
}

/// The objects that the status names, and those of the last sync.
fn keys_of_status(app: &Object) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    let listed = app.at(&["status", "resources"]).and_then(Value::as_array);
    for one in listed.into_iter().flatten() {
        let text = |field: &str| {
            let text = one.get(field).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        keys.insert(Key {
            group: text("group"),
            kind: text("kind"),
            namespace: text("namespace"),
            name: text("name"),
        });
    }
    let state = OperationState::of(app).and_then(|state| state.sync_result);
    for one in state.iter().flat_map(|result| &result.resources) {
        keys.insert(Key {
            group: one.group.clone(),
            kind: one.kind.clone(),
            namespace: one.namespace.clone(),
            name: one.name.clone(),
        });
    }
    keys
}
