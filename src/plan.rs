//! What shall be done: the value that every decision gives and that one engine applies.

use jiff::Timestamp;
use serde_json::Value;

use crate::object::{Object, ObjectRef};

/// All that is to be done for one object now; the next change brings the next plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Things to do, in this order; the first that fails ends the pass.
    pub effects: Vec<Effect>,
    /// The object with its new status, written last through the status subresource.
    pub status: Option<Object>,
    /// When to look again without a change.
    pub next: Next,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Makes an object; fails if one of that name exists.
    Create(Object),
    /// Writes a whole object over the one with the same `resourceVersion`.
    Replace(Object),
    /// Changes fields of an object by a merge patch, guarded by uid and resourceVersion where given.
    Patch {
        /// The object to change.
        target: ObjectRef,
        /// RFC 7386 merge patch.
        patch: Value,
        /// What must still hold.
        precondition: Precondition,
    },
    /// Changes fields of a built-in object by a strategic merge patch, whose lists are merged by their keys: of several
    /// who each add an entry none is refused because of the others.
    Merge {
        /// The object to change.
        target: ObjectRef,
        /// Strategic merge patch.
        patch: Value,
        /// What must still hold.
        precondition: Precondition,
    },
    /// Removes an object.
    Delete {
        /// The object to remove.
        target: ObjectRef,
        /// What must still hold.
        precondition: Precondition,
    },
    /// Removes an object at once, without its time of grace.
    Remove {
        /// The object to remove.
        target: ObjectRef,
        /// What must still hold.
        precondition: Precondition,
    },
    /// Gives a pod to a node, once and for all.
    Bind {
        /// The pod.
        pod: ObjectRef,
        /// Its uid, which must still hold.
        uid: String,
        /// The name of the node.
        node: String,
    },
    /// Removes a pod if its disruption budgets allow; a refusal is no failure.
    Evict {
        /// The pod.
        pod: ObjectRef,
        /// Its uid, which must still hold.
        uid: String,
    },
    /// Tells people what happened to an object.
    Event(Event),
}

/// What must still hold of an object for a write to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// `metadata.uid`.
    pub uid: Option<String>,
    /// `metadata.resourceVersion`.
    pub resource_version: Option<String>,
}

/// One line for people about one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The object that the event speaks of, as it was read (its uid and version are taken over).
    pub regarding: Object,
    /// `Normal` or `Warning`.
    pub severity: EventSeverity,
    /// A word for machines, such as `Unsealed`.
    pub reason: String,
    /// A sentence for people; never a secret value.
    pub message: String,
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventSeverity {
    /// Something happened as wanted.
    Normal,
    /// Something wants attention.
    Warning,
}

/// When to look at an object again though nothing changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Only when something changes.
    #[default]
    AwaitChange,
    /// At an instant.
    At(Timestamp),
    /// After the usual, growing delay for something that failed and may mend itself.
    Backoff,
}

impl Next {
    /// The same, and at an instant at the latest.
    #[must_use]
    pub fn or_at(self, at: Timestamp) -> Self {
        match self {
            Self::AwaitChange => Self::At(at),
            Self::At(sooner) => Self::At(sooner.min(at)),
            Self::Backoff => Self::Backoff,
        }
    }
}
