//! JSON patch (RFC 6902), as `evanphx/json-patch` applies it for the API server.

use serde_json::Value;

/// Why a JSON patch is refused: the operation by its place in the patch, from 0, and its path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonPatchError {
    /// The patch is not a list of operations.
    #[error("a JSON patch must be a list of operations")]
    NotList,
}

/// Applies the operations one by one; on an error the target is as it was.
///
/// # Errors
/// [`JsonPatchError`] names the operation.
pub fn apply(_target: &mut Value, _patch: &Value) -> Result<(), JsonPatchError> {
    todo!()
}
