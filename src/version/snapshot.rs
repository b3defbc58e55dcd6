//! All that a decision over the versions of one secret looks at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{content::Content, name::version_name};
use crate::{
    api::sealed_secret,
    object::{Gvk, Object, ObjectRef},
};

/// What a SealedSecret opens to.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// This content.
    Content(Content),
    /// The content of a version that was opened from the same input before, and was not written since.
    Known(u64),
    /// Nothing: it does not open.
    Failed,
}

/// All that was read for one SealedSecret that is opted in.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The SealedSecret.
    pub sealed: Object,
    /// What it opens to.
    pub opened: Opened,
    /// Labels and annotations of the plain Secret; `None` leaves them as they are.
    pub metadata: Option<Metadata>,
    /// The Secret of its name, owned by it.
    pub plain: Option<Object>,
    /// The Secrets that are labelled as versions of it.
    pub versions: Vec<Object>,
    /// The Rollouts of the namespace, all of them.
    pub rollouts: Vec<Object>,
    /// Templates of Rollouts that have them by `workloadRef`, by the name of the Rollout.
    pub templates: BTreeMap<String, Value>,
    /// The ReplicaSets of the namespace, all of them.
    pub replica_sets: Vec<Object>,
    /// The pods of the namespace, all of them, once they were asked for.
    pub pods: Option<Vec<Object>>,
    /// Whether objects that were asked for are there.
    pub looked: BTreeMap<ObjectRef, bool>,
}

/// Labels and annotations of the plain Secret, as the template has them, without names of ours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

/// What must be read before it can be decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Whether these are there.
    pub objects: BTreeSet<ObjectRef>,
    /// The pods of the namespace.
    pub pods: bool,
}

impl Needs {
    /// Whether all is read.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && !self.pods
    }
}

impl Snapshot {
    /// The name of the secret.
    pub fn secret(&self) -> &str {
        self.sealed.name()
    }

    /// The namespace of the secret.
    pub fn namespace(&self) -> &str {
        self.sealed.namespace().unwrap_or_default()
    }

    /// Where a Secret of a version stands.
    pub fn version_ref(&self, number: u64) -> ObjectRef {
        let name = version_name(self.secret(), number);
        ObjectRef::new(Gvk::new("", "v1", "Secret"), self.sealed.namespace(), name)
    }

    /// Where a SealedSecret of the name of a version would stand.
    pub fn sealed_ref(&self, number: u64) -> ObjectRef {
        let name = version_name(self.secret(), number);
        let gvk = Gvk::new(
            sealed_secret::GROUP,
            sealed_secret::VERSION,
            sealed_secret::KIND,
        );
        ObjectRef::new(gvk, self.sealed.namespace(), name)
    }
}
