//! Why a strategic merge or a three-way apply is refused.

/// Why a strategic merge or a three-way apply is refused. Paths are dotted; values are never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The patch or the object is not a map.
    #[error("{0} must be a map")]
    NotMap(&'static str),
}
