//! Why a strategic merge or a three-way apply is refused.

use std::fmt;

/// Why a strategic merge or a three-way apply is refused: the field in dotted form, and the problem.
/// Values are never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchError {
    /// The field in dotted form, empty for the whole document.
    pub field: String,
    /// What is wrong there.
    pub problem: PatchProblem,
}

/// What is wrong with a patch; the words are upstream's, without the values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchProblem {
    /// The document is not a map.
    #[error("invalid JSON document")]
    NotMap,
    /// The schema has no such field, or a map where fields have no types.
    #[error("unable to find api field")]
    UnknownField,
    /// A value is of another type than it has to be.
    #[error("expected a {expected}, but received a {received}")]
    Type {
        /// What it has to be.
        expected: &'static str,
        /// What it is.
        received: &'static str,
    },
    /// A list of lists cannot be merged.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// The elements of a list that merges are of several types.
    #[error("list element types are not identical")]
    MixedElements,
    /// An order is given for lists that are empty.
    #[error("no elements in any of the given slices")]
    NoElements,
    /// An element lacks the merge key.
    #[error("an element does not contain declared merge key: {0}")]
    NoMergeKey(String),
    /// A list of maps is to be merged, and no merge key is declared for it.
    #[error("cannot merge lists without merge key")]
    NoDeclaredKey,
    /// `$patch: merge` in a list element.
    #[error("merging lists cannot yet be specified in the patch")]
    MergeDirective,
    /// `$patch` is neither `delete`, `replace` nor, in a list, `merge`.
    #[error("unknown patch type")]
    UnknownDirective,
    /// `$retainKeys` is no list, or lacks a field of the patch.
    #[error("invalid patch format of retainKeys")]
    RetainKeys,
    /// `$setElementOrder` is no list, or names no field.
    #[error("invalid patch format of setElementOrder list")]
    SetElementOrder,
    /// The elements of the patch are not in the order of `$setElementOrder`, or not in it.
    #[error("the order in patch list doesn't match $setElementOrder list")]
    OrderMismatch,
    /// `$deleteFromPrimitiveList` names no field.
    #[error("invalid patch format of primitive list")]
    DeleteFromPrimitiveList,
    /// Apply may not change what an object is.
    #[error("at least one of apiVersion, kind and name was changed")]
    Identity,
}

impl PatchError {
    /// The same error, seen from the map that holds the field.
    #[must_use]
    pub(super) fn under(mut self, field: &str) -> Self {
        self.field = if self.field.is_empty() {
            field.to_owned()
        } else {
            format!("{field}.{}", self.field)
        };
        self
    }
}

impl From<PatchProblem> for PatchError {
    fn from(problem: PatchProblem) -> Self {
        Self {
            field: String::new(),
            problem,
        }
    }
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}", self.problem)
    }
}

impl std::error::Error for PatchError {}
