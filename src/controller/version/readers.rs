//! Rollouts and ReplicaSets by the secrets that they read, as watches have shown them, so that a pass over one secret
//! costs what concerns it and not what else is in its namespace.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::watch;

use super::index::Place;
use crate::{
    api::rollout,
    cluster::LiveEvent,
    object::{Gvk, Object, ObjectRef},
    version,
};

/// What is known of those who read secrets. Cheap to clone.
#[derive(Clone)]
pub(super) struct Readers(Arc<Mutex<State>>, Arc<watch::Sender<usize>>);

#[derive(Default)]
struct State {
    objects: BTreeMap<ObjectRef, Arc<Object>>,
    /// Templates of Rollouts that have them by `workloadRef`.
    templates: BTreeMap<ObjectRef, Value>,
    /// Who names a secret, by its plain name or by that of a version.
    by_secret: BTreeMap<Place, BTreeSet<ObjectRef>>,
    named: BTreeMap<ObjectRef, BTreeSet<Place>>,
    /// ReplicaSets by the uid of the Rollout that controls them.
    by_owner: BTreeMap<String, BTreeSet<ObjectRef>>,
    /// What a list in progress has shown so far, by kind.
    listed: BTreeMap<Gvk, BTreeSet<ObjectRef>>,
    complete: BTreeSet<Gvk>,
}

/// Those who concern one secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Concerned {
    pub rollouts: Vec<Object>,
    /// Templates of Rollouts that have them by `workloadRef`, by the name of the Rollout.
    pub templates: BTreeMap<String, Value>,
    pub replica_sets: Vec<Object>,
}

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::default(), Arc::new(watch::Sender::new(0)))
    }
}

impl Readers {
    /// Waits until all of so many kinds have been listed.
    pub(super) async fn complete(&self, kinds: usize) {
        let mut complete = self.1.subscribe();
        // The sender lives in `self`.
        let _ = complete.wait_for(|count| *count >= kinds).await;
    }

    /// Takes over what a watch of a kind tells, and gives the secrets that it concerns. `template` is that of the
    /// workload that a Rollout refers to, where it does.
    pub(super) fn take(
        &self,
        gvk: &Gvk,
        event: LiveEvent,
        template: Option<Value>,
    ) -> BTreeSet<Place> {
        let mut state = self.state();
        match event {
            LiveEvent::Apply(live) => state.store(live.object().clone(), template),
            LiveEvent::Delete(live) => state.forget(&live.object().reference()),
            LiveEvent::Init => {
                state.listed.insert(gvk.clone(), BTreeSet::new());
                BTreeSet::new()
            }
            LiveEvent::InitApply(live) => {
                let listed = state.listed.entry(gvk.clone()).or_default();
                listed.insert(live.object().reference());
                state.store(live.object().clone(), template)
            }
            LiveEvent::InitDone => {
                let listed = state.listed.remove(gvk).unwrap_or_default();
                let kept = state.objects.keys().filter(|target| target.gvk == *gvk);
                let gone: Vec<ObjectRef> = kept
                    .filter(|target| !listed.contains(target))
                    .cloned()
                    .collect();
                let places = gone
                    .iter()
                    .flat_map(|target| state.forget(target))
                    .collect();
                self.listed_whole(&mut state, gvk);
                places
            }
        }
    }

    /// A kind that is not installed: there is nothing of it.
    pub(super) fn has_none(&self, gvk: &Gvk) {
        self.listed_whole(&mut self.state(), gvk);
    }

    fn listed_whole(&self, state: &mut State, gvk: &Gvk) {
        state.complete.insert(gvk.clone());
        self.1.send_replace(state.complete.len());
    }

    /// The Rollouts that name a secret, or whose ReplicaSets do, with all their ReplicaSets; and the ReplicaSets of nobody
    /// that name it.
    pub(super) fn concerned(&self, namespace: &str, secret: &str) -> Concerned {
        let state = self.state();
        let place = (namespace.to_owned(), secret.to_owned());
        let naming = state.by_secret.get(&place);
        let mut rollouts = BTreeSet::new();
        let mut sets = BTreeSet::new();
        for target in naming.into_iter().flatten() {
            if target.gvk == rollout::gvk() {
                rollouts.insert(target.clone());
                continue;
            }
            sets.insert(target.clone());
            let owner = state.objects.get(target).and_then(|set| owner(set));
            rollouts.extend(owner.filter(|owner| state.objects.contains_key(owner)));
        }
        let mut concerned = Concerned::default();
        for target in &rollouts {
            let Some(found) = state.objects.get(target) else {
                continue;
            };
            let own = found.uid().and_then(|uid| state.by_owner.get(uid));
            sets.extend(own.into_iter().flatten().cloned());
            if let Some(template) = state.templates.get(target) {
                let template = template.clone();
                concerned.templates.insert(target.name.clone(), template);
            }
            concerned.rollouts.push(found.as_ref().clone());
        }
        let found = sets.iter().filter_map(|target| state.objects.get(target));
        concerned.replica_sets = found.map(|set| set.as_ref().clone()).collect();
        concerned
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn store(&mut self, object: Arc<Object>, template: Option<Value>) -> BTreeSet<Place> {
        let target = object.reference();
        let mut concerned = self.forget(&target);
        let places = places(&object, template.as_ref());
        let owner = owner(&object);
        let is_rollout = target.gvk == rollout::gvk();
        if !is_rollout && owner.is_none() && places.is_empty() {
            return concerned;
        }
        for place in &places {
            let naming = self.by_secret.entry(place.clone()).or_default();
            naming.insert(target.clone());
        }
        if owner.is_some()
            && let Some(uid) = object.controller_uid()
        {
            let sets = self.by_owner.entry(uid.to_owned()).or_default();
            sets.insert(target.clone());
        }
        if let Some(template) = template {
            self.templates.insert(target.clone(), template);
        }
        concerned.extend(places.iter().cloned());
        // What its ReplicaSets read depends on where the Rollout stands.
        let sets = object.uid().and_then(|uid| self.by_owner.get(uid));
        for set in sets.into_iter().flatten() {
            concerned.extend(self.named.get(set).into_iter().flatten().cloned());
        }
        self.named.insert(target.clone(), places);
        self.objects.insert(target, object);
        concerned
    }

    fn forget(&mut self, target: &ObjectRef) -> BTreeSet<Place> {
        let Some(old) = self.objects.remove(target) else {
            return BTreeSet::new();
        };
        self.templates.remove(target);
        if let Some(uid) = old.controller_uid() {
            remove(&mut self.by_owner, &uid.to_owned(), target);
        }
        let places = self.named.remove(target).unwrap_or_default();
        for place in &places {
            remove(&mut self.by_secret, place, target);
        }
        places
    }
}

fn remove<K: Ord>(map: &mut BTreeMap<K, BTreeSet<ObjectRef>>, key: &K, target: &ObjectRef) {
    if let Some(all) = map.get_mut(key) {
        all.remove(target);
        if all.is_empty() {
            map.remove(key);
        }
    }
}

/// The Rollout that controls a ReplicaSet.
fn owner(set: &Object) -> Option<ObjectRef> {
    let owner = set.controller()?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str);
    let is_rollout = text("kind") == Some(rollout::KIND);
    let name = text("name").filter(|_| is_rollout)?;
    Some(ObjectRef::new(rollout::gvk(), set.namespace(), name))
}

/// The secrets that a template names, by the plain name or by that of a version, and those that a Rollout is pinned to.
fn places(object: &Object, template: Option<&Value>) -> BTreeSet<Place> {
    let namespace = object.namespace().unwrap_or_default();
    let own = version::template_in(object);
    let named = version::secrets(template.unwrap_or(&own), namespace);
    let stems = named.iter().filter_map(|name| version::stem(name));
    let pinned = version::pins(object).into_keys();
    let all = named.iter().map(String::as_str).chain(stems);
    all.map(str::to_owned)
        .chain(pinned)
        .map(|name| (namespace.to_owned(), name))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(secret: &str) -> Value {
        json!({"spec": {"containers": [{"name": "c", "envFrom": [{"secretRef": {"name": secret}}]}]}})
    }

    fn rollout(name: &str, secret: &str) -> Arc<Object> {
        let value = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}")},
            "spec": {"template": template(secret)}});
        Arc::new(Object::from_value(value).unwrap())
    }

    fn set(name: &str, of: &str, secret: &str) -> Arc<Object> {
        let owner = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": of,
            "uid": format!("uid-{of}"), "controller": true});
        let value = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "ownerReferences": [owner]},
            "spec": {"template": template(secret)}});
        Arc::new(Object::from_value(value).unwrap())
    }

    fn names(objects: &[Object]) -> Vec<&str> {
        objects.iter().map(Object::name).collect()
    }

    #[test]
    fn a_secret_concerns_those_who_name_it_and_their_other_replica_sets() {
        let readers = Readers::default();
        let put = |object: Arc<Object>| readers.state().store(object, None);
        put(rollout("web", "db"));
        put(set("web-1", "web", "db-v1"));
        put(set("web-0", "web", "other"));
        put(rollout("api", "tls"));
        put(set("api-1", "api", "tls"));
        let found = readers.concerned("shop", "db");
        assert_eq!(names(&found.rollouts), ["web"]);
        assert_eq!(names(&found.replica_sets), ["web-0", "web-1"]);
        // By a ReplicaSet alone, as long as that is there.
        let told = put(rollout("web", "else"));
        assert!(
            told.contains(&("shop".to_owned(), "db".to_owned())),
            "{told:?}"
        );
        assert_eq!(names(&readers.concerned("shop", "db").rollouts), ["web"]);
        readers
            .state()
            .forget(&set("web-1", "web", "db-v1").reference());
        assert_eq!(readers.concerned("shop", "db"), Concerned::default());
        assert_eq!(readers.concerned("else", "tls"), Concerned::default());
    }

    #[test]
    fn a_template_of_a_workload_counts_as_the_rollouts_own() {
        let readers = Readers::default();
        let told = readers
            .state()
            .store(rollout("web", "own"), Some(template("db")));
        assert_eq!(told, [("shop".to_owned(), "db".to_owned())].into());
        let found = readers.concerned("shop", "db");
        assert_eq!(found.templates["web"], template("db"));
        readers.state().forget(&rollout("web", "own").reference());
        assert!(readers.state().by_secret.is_empty() && readers.state().templates.is_empty());
    }
}
