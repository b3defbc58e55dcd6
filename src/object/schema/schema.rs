//! The schema of one field, with all below it.

/// The schema of one value; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema(());

/// How a list is merged (`x-kubernetes-list-type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Replaced as a whole.
    Atomic,
    /// Unique scalars.
    Set,
    /// Maps told apart by these key fields.
    Map(Vec<String>),
}
