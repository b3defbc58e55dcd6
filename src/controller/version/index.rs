//! Which secrets are delivered as versions, as watches have shown it: contents never enter it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{Stream, StreamExt, stream};
use kube::runtime::{WatchStreamExt, watcher::Event};
use serde_json::Value;

use crate::{
    api::{
        sealed_secret,
        version::{ADOPTED, DESIRED, PROMOTE, PROMOTED, SEALED_FROM, SECRET},
    },
    cluster::{Cluster, ClusterError, MetadataEvent, Watch},
    object::{Gvk, Object, ObjectRef},
    version,
};

/// Namespace and name of a secret.
pub(in crate::controller) type Place = (String, String);

/// Which secrets have versions, and which SealedSecrets are opted in. Cheap to clone.
#[derive(Clone, Default)]
pub struct Index(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    versions: Names,
    opted_in: Names,
}

/// Objects of one watch that speak of a secret.
#[derive(Default)]
struct Names {
    /// Secret, then the name of the object: what of it matters.
    now: BTreeMap<(Place, String), Marks>,
    listed: Option<BTreeSet<(Place, String)>>,
    is_ready: bool,
}

/// What a watch shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Version,
    SealedSecret,
}

/// What of an object matters to those who read the secret: a change of anything else is not told. A version that many
/// Rollouts share is written by each of them, and need not wake them all each time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Marks {
    /// Uid, labels and annotations that choose a version; of a SealedSecret its resource version.
    own: Vec<String>,
    /// Uids of owners, which may become more without being told.
    owners: BTreeSet<String>,
}

impl Marks {
    fn of(object: &Object, kind: Kind) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        if kind == Kind::SealedSecret {
            return Self {
                own: vec![text(object.resource_version())],
                owners: BTreeSet::new(),
            };
        }
        let listed = object.at(&["metadata", "ownerReferences"]);
        let listed = listed.and_then(Value::as_array).into_iter().flatten();
        Self {
            own: vec![
                text(object.uid()),
                text(object.label(DESIRED)),
                text(object.label(PROMOTED)),
                text(object.annotation(ADOPTED)),
                text(object.annotation(SEALED_FROM)),
                text(object.annotation(PROMOTE)),
            ],
            owners: listed
                .filter_map(|owner| owner.get("uid")?.as_str())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Whether those who have seen the one before need not see this one.
    fn follows(&self, before: &Self) -> bool {
        self.own == before.own && self.owners.is_superset(&before.owners)
    }
}

impl Index {
    /// Whether a secret has versions, or its SealedSecret is opted in.
    pub(in crate::controller) fn knows(&self, namespace: &str, secret: &str) -> bool {
        let state = self.state();
        state.versions.knows(namespace, secret) || state.opted_in.knows(namespace, secret)
    }

    /// Whether a secret has versions.
    pub(in crate::controller) fn has_versions(&self, namespace: &str, secret: &str) -> bool {
        self.state().versions.knows(namespace, secret)
    }

    /// Whether all versions and all SealedSecrets were listed: what is not known then is not there.
    pub(in crate::controller) fn is_ready(&self) -> bool {
        let state = self.state();
        state.versions.is_ready && state.opted_in.is_ready
    }

    /// Keeps the versions up to date, and gives the secrets whose versions change.
    ///
    /// Versions are watched by our own label, whatever SealedSecrets are watched by.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub(in crate::controller) fn versions(
        &self,
        cluster: &Cluster,
        namespace: Option<&str>,
    ) -> Result<impl Stream<Item = Place> + Send + use<>, ClusterError> {
        let watch = Watch::all(Gvk::new("", "v1", "Secret")).labelled(SECRET);
        self.follow(cluster, &watch.within(namespace), Kind::Version)
    }

    /// Keeps the SealedSecrets that are opted in up to date, and gives those that change.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub(in crate::controller) fn sealed(
        &self,
        cluster: &Cluster,
        namespace: Option<&str>,
    ) -> Result<impl Stream<Item = Place> + Send + use<>, ClusterError> {
        let gvk = Gvk::new(
            sealed_secret::GROUP,
            sealed_secret::VERSION,
            sealed_secret::KIND,
        );
        self.follow(
            cluster,
            &Watch::all(gvk).within(namespace),
            Kind::SealedSecret,
        )
    }

    fn follow(
        &self,
        cluster: &Cluster,
        watch: &Watch,
        kind: Kind,
    ) -> Result<impl Stream<Item = Place> + Send + use<>, ClusterError> {
        let index = self.clone();
        let events = cluster.watch_metadata(watch)?.default_backoff();
        Ok(events.flat_map(move |event| {
            let mut state = index.state();
            let names = match kind {
                Kind::Version => &mut state.versions,
                Kind::SealedSecret => &mut state.opted_in,
            };
            stream::iter(match event {
                Ok(event) => names.take(event, kind),
                Err(error) => {
                    let error = ClusterError::from(error);
                    // Where the kind is not installed there is nothing of it.
                    names.is_ready |= error.is_not_found();
                    tracing::debug!(%error, "a watch failed and is begun again");
                    Vec::new()
                }
            })
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    fn knows(&self, namespace: &str, secret: &str) -> bool {
        let place = (namespace.to_owned(), secret.to_owned());
        let from = (place.clone(), String::new());
        self.now
            .range(from..)
            .next()
            .is_some_and(|((found, _), _)| *found == place)
    }

    /// Takes over what a watch tells, and gives the secrets that it concerns.
    fn take(&mut self, event: MetadataEvent, kind: Kind) -> Vec<Place> {
        match event {
            Event::Init => {
                self.listed = Some(BTreeSet::new());
                Vec::new()
            }
            Event::Apply(object) | Event::InitApply(object) => {
                let Some(entry) = entry(&object, kind) else {
                    // It may have been opted in before.
                    return self.drop_entry(&place_of(&object), object.name());
                };
                if let Some(listed) = &mut self.listed {
                    listed.insert(entry.clone());
                }
                let marks = Marks::of(&object, kind);
                let before = self.now.insert(entry.clone(), marks.clone());
                if before.is_some_and(|before| marks.follows(&before)) {
                    return Vec::new();
                }
                vec![entry.0]
            }
            Event::Delete(object) => {
                let place = entry(&object, kind).map_or_else(|| place_of(&object), |entry| entry.0);
                self.drop_entry(&place, object.name())
            }
            Event::InitDone => {
                self.is_ready = true;
                let Some(listed) = self.listed.take() else {
                    return Vec::new();
                };
                let gone: Vec<_> = self
                    .now
                    .keys()
                    .filter(|entry| !listed.contains(*entry))
                    .cloned()
                    .collect();
                self.now.retain(|entry, _| listed.contains(entry));
                gone.into_iter().map(|(place, _)| place).collect()
            }
        }
    }

    fn drop_entry(&mut self, place: &Place, name: &str) -> Vec<Place> {
        let was_there = self.now.remove(&(place.clone(), name.to_owned()));
        was_there.map(|_| place.clone()).into_iter().collect()
    }
}

/// The secret that an object speaks of, if it does.
fn entry(object: &Object, kind: Kind) -> Option<(Place, String)> {
    let (namespace, name) = place_of(object);
    let secret = match kind {
        Kind::Version => version::secret_of(object)?.to_owned(),
        Kind::SealedSecret if version::is_opted_in(object) => name.clone(),
        Kind::SealedSecret => return None,
    };
    Some(((namespace, secret), name))
}

fn place_of(object: &Object) -> Place {
    (
        object.namespace().unwrap_or_default().to_owned(),
        object.name().to_owned(),
    )
}

/// The SealedSecrets of secrets.
pub(in crate::controller) fn sealed_refs(
    places: impl Stream<Item = Place> + Send,
) -> impl Stream<Item = ObjectRef> + Send {
    places.map(|(namespace, name)| {
        let gvk = Gvk::new(
            sealed_secret::GROUP,
            sealed_secret::VERSION,
            sealed_secret::KIND,
        );
        ObjectRef::new(gvk, Some(&namespace), name)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::version::{CANARY, SECRET_NAME};

    fn version(name: &str, secret: &str) -> Object {
        Object::from_value(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": "shop", "labels": {SECRET: secret}}}))
        .unwrap()
    }

    #[test]
    fn point_12_versions_are_known_by_label_through_changes_and_lists() {
        let index = Index::default();
        let take = |event| index.state().versions.take(event, Kind::Version);
        let db = ("shop".to_owned(), "db".to_owned());
        take(Event::Init);
        assert_eq!(
            take(Event::InitApply(version("db-v1", "db"))),
            std::slice::from_ref(&db)
        );
        assert!(take(Event::InitDone).is_empty());
        assert!(index.has_versions("shop", "db") && !index.has_versions("shop", "d"));
        assert!(!index.is_ready(), "SealedSecrets were not listed yet");
        assert_eq!(
            take(Event::Apply(version("db-v2", "db"))),
            std::slice::from_ref(&db)
        );
        assert_eq!(
            take(Event::Delete(version("db-v1", "db"))),
            std::slice::from_ref(&db)
        );
        assert!(index.knows("shop", "db"));
        let mut long = version("x-v1", "short");
        long.set(&["metadata", "annotations", SECRET_NAME], "long".into());
        assert_eq!(
            take(Event::Apply(long)),
            [("shop".to_owned(), "long".to_owned())]
        );
        take(Event::Init);
        let gone = take(Event::InitDone);
        assert_eq!(gone.len(), 2);
        assert!(!index.knows("shop", "db"));
    }

    #[test]
    fn what_others_write_on_a_shared_version_is_not_told() {
        let index = Index::default();
        let take = |owners: Value, desired: &str| {
            let mut found = version("db-v1", "db");
            found.set(&["metadata", "ownerReferences"], owners);
            found.set(&["metadata", "labels", DESIRED], desired.into());
            let event = Event::Apply(found);
            index.state().versions.take(event, Kind::Version).len()
        };
        let (one, both) = (json!([{"uid": "a"}]), json!([{"uid": "a"}, {"uid": "b"}]));
        let told = [
            take(one.clone(), "true"),
            take(both.clone(), "true"),
            take(both, "false"),
            take(one, "false"),
        ];
        assert_eq!(told, [1, 0, 1, 1]);
    }

    #[test]
    fn point_01_a_sealed_secret_that_is_opted_out_is_told_once() {
        let index = Index::default();
        let sealed = |value: &str| {
            Object::from_value(
                json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
                "metadata": {"name": "db", "namespace": "shop", "annotations": {CANARY: value}}}),
            )
            .unwrap()
        };
        let take = |value: &str| {
            let event = Event::Apply(sealed(value));
            index.state().opted_in.take(event, Kind::SealedSecret).len()
        };
        assert_eq!([take("true"), take("false"), take("false")], [1, 1, 0]);
    }
}
