//! How versions and the plain Secret are written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    content::Content,
    name::{label_value, version_name},
    read::{self, Rejection, Version},
    snapshot::Snapshot,
};
use crate::{
    api::version::{
        ADOPTED, DESIRED, GIVEN, LAST_VERSION, PREFIX, PROMOTE, PROMOTED, REJECTED, SEALED_FROM,
        SECRET, SECRET_NAME, TRUE, VERSION,
    },
    object::Object,
    plan::{Effect, Precondition},
};

/// What stands on a version besides its content.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Marks {
    pub is_desired: bool,
    pub is_promoted: bool,
    pub is_adopted: bool,
    pub is_given: bool,
    pub is_asked_for: bool,
    /// `None` leaves what is there.
    pub sealed_from: Option<String>,
    pub last: u64,
    pub rejections: BTreeMap<String, Rejection>,
}

impl Marks {
    /// The labels that come and go, absent ones as `null`.
    fn labels(&self) -> [(&'static str, Value); 2] {
        [
            (DESIRED, mark(self.is_desired)),
            (PROMOTED, mark(self.is_promoted)),
        ]
    }

    /// The annotations that come and go, absent ones as `null`.
    fn annotations(&self) -> Vec<(&'static str, Value)> {
        let mut annotations = vec![
            (ADOPTED, mark(self.is_adopted)),
            (GIVEN, mark(self.is_given)),
            (LAST_VERSION, self.last.to_string().into()),
            (PROMOTE, mark(self.is_asked_for)),
            (REJECTED, read::written(&self.rejections)),
        ];
        if let Some(input) = &self.sealed_from {
            annotations.push((SEALED_FROM, input.as_str().into()));
        }
        annotations
    }
}

fn mark(is_set: bool) -> Value {
    if is_set { TRUE.into() } else { Value::Null }
}

/// A version as it is made.
pub(super) fn made(
    snapshot: &Snapshot,
    number: u64,
    content: &Content,
    marks: &Marks,
) -> Option<Object> {
    let secret = snapshot.secret();
    let present = |pairs: Vec<(&'static str, Value)>| -> Map<String, Value> {
        pairs
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    let mut labels = present(marks.labels().into());
    let label = label_value(secret);
    let mut annotations = present(marks.annotations());
    if label != secret {
        annotations.insert(SECRET_NAME.to_owned(), secret.into());
    }
    labels.insert(SECRET.to_owned(), label.into());
    labels.insert(VERSION.to_owned(), number.to_string().into());
    let mut object = Object::from_value(json!({
        "apiVersion": "v1", "kind": "Secret", "immutable": true,
        "metadata": {
            "name": version_name(secret, number),
            "namespace": snapshot.namespace(),
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [owner(&snapshot.sealed)],
        },
    }))
    .ok()?;
    content.put(&mut object);
    Some(object)
}

/// The change that gives a version its marks and its owner, if it needs one.
pub(super) fn marked(snapshot: &Snapshot, version: &Version<'_>, marks: &Marks) -> Option<Effect> {
    let object = version.object;
    let mut labels = Map::new();
    for (name, value) in marks.labels() {
        if object.label(name) != value.as_str() {
            labels.insert(name.to_owned(), value);
        }
    }
    let mut annotations = Map::new();
    for (name, value) in marks.annotations() {
        if object.annotation(name) != value.as_str() {
            annotations.insert(name.to_owned(), value);
        }
    }
    let mut metadata = Map::new();
    if !labels.is_empty() {
        metadata.insert("labels".to_owned(), labels.into());
    }
    if !annotations.is_empty() {
        metadata.insert("annotations".to_owned(), annotations.into());
    }
    let owners = owners(object, &snapshot.sealed);
    if object.at(&["metadata", "ownerReferences"]) != Some(&owners) {
        metadata.insert("ownerReferences".to_owned(), owners);
    }
    if metadata.is_empty() {
        return None;
    }
    Some(Effect::Patch {
        target: object.reference(),
        patch: json!({"metadata": metadata}),
        precondition: guard(object),
    })
}

/// What must still hold of an object as it was read.
pub(super) fn guard(object: &Object) -> Precondition {
    Precondition {
        uid: object.uid().map(str::to_owned),
        resource_version: object.resource_version().map(str::to_owned),
    }
}

/// The owners of a version: the SealedSecret as it is now, and all others as they are.
fn owners(version: &Object, sealed: &Object) -> Value {
    let listed = version
        .at(&["metadata", "ownerReferences"])
        .and_then(Value::as_array);
    let own = owner(sealed);
    let is_own = |other: &Value| {
        other.get("kind") == own.get("kind") && other.get("name") == own.get("name")
    };
    let others = listed
        .into_iter()
        .flatten()
        .filter(|other| !is_own(other))
        .cloned();
    std::iter::once(own.clone()).chain(others).collect()
}

fn owner(sealed: &Object) -> Value {
    json!({
        "apiVersion": sealed.api_version(), "kind": sealed.kind(),
        "name": sealed.name(), "uid": sealed.uid().unwrap_or_default(),
    })
}

/// What the plain Secret says about versions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub promoted: u64,
    pub desired: u64,
    pub is_adopted: bool,
    pub last: u64,
    /// `None` leaves what is there.
    pub sealed_from: Option<String>,
}

/// What brings the plain Secret to a content.
///
/// Where its type or an old `immutable` forbids the update, it is deleted and made anew.
pub(super) fn plain(snapshot: &Snapshot, content: &Content, said: &Said) -> Vec<Effect> {
    let live = snapshot.plain.as_ref();
    let Some(wanted) = wanted(snapshot, live, content, said) else {
        return Vec::new();
    };
    let Some(live) = live else {
        return vec![Effect::Create(wanted)];
    };
    if same(live, &wanted) {
        return Vec::new();
    }
    let before = Content::of(live);
    let is_frozen = live.at(&["immutable"]) == Some(&Value::Bool(true));
    if before.kind == content.kind && (before.data == content.data || !is_frozen) {
        return vec![Effect::Replace(wanted)];
    }
    let mut anew = wanted;
    for field in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "generation",
    ] {
        anew.remove(&["metadata", field]);
    }
    anew.remove(&["immutable"]);
    vec![
        Effect::Delete {
            target: live.reference(),
            precondition: Precondition {
                uid: live.uid().map(str::to_owned),
                resource_version: None,
            },
        },
        Effect::Create(anew),
    ]
}

fn wanted(
    snapshot: &Snapshot,
    live: Option<&Object>,
    content: &Content,
    said: &Said,
) -> Option<Object> {
    let sealed = &snapshot.sealed;
    let mut wanted = match live {
        Some(live) => live.clone(),
        None => Object::from_value(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": sealed.name(), "namespace": sealed.namespace()},
        }))
        .ok()?,
    };
    content.put(&mut wanted);
    let texts = |map: BTreeMap<&str, &str>| -> BTreeMap<String, String> {
        map.into_iter()
            .filter(|(name, _)| !name.starts_with(PREFIX))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let (labels, mut annotations) = match &snapshot.metadata {
        Some(metadata) => (metadata.labels.clone(), metadata.annotations.clone()),
        None => (texts(wanted.labels()), texts(wanted.annotations())),
    };
    let before = |name: &str| {
        live.and_then(|live| live.annotation(name))
            .map(str::to_owned)
    };
    let ours = [
        (VERSION, Some(said.promoted.to_string())),
        (DESIRED, Some(said.desired.to_string())),
        (LAST_VERSION, Some(said.last.to_string())),
        (ADOPTED, said.is_adopted.then(|| TRUE.to_owned())),
        (
            SEALED_FROM,
            said.sealed_from.clone().or_else(|| before(SEALED_FROM)),
        ),
    ];
    annotations.extend(
        ours.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    for (field, map) in [("labels", labels), ("annotations", annotations)] {
        if map.is_empty() {
            wanted.remove(&["metadata", field]);
        } else {
            wanted.set(&["metadata", field], json!(map));
        }
    }
    let mut owner = owner(sealed);
    if let Some(fields) = owner.as_object_mut() {
        fields.insert("controller".to_owned(), true.into());
    }
    wanted.set(&["metadata", "ownerReferences"], json!([owner]));
    Some(wanted)
}

fn same(live: &Object, wanted: &Object) -> bool {
    let owners = |object: &Object| object.at(&["metadata", "ownerReferences"]).cloned();
    Content::of(live) == Content::of(wanted)
        && live.labels() == wanted.labels()
        && live.annotations() == wanted.annotations()
        && owners(live) == owners(wanted)
}
