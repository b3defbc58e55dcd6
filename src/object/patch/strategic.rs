//! Strategic merge patch, as the API server applies it.

use serde_json::Value;

use super::PatchError;
use crate::object::schema::Schema;

/// Merges the patch into the target; on an error the target is as it was.
///
/// Without a schema maps merge, lists are replaced, and the directives still hold.
///
/// # Errors
/// [`PatchError`] names the field.
pub fn apply(
    _target: &mut Value,
    _patch: &Value,
    _schema: Option<&Schema>,
) -> Result<(), PatchError> {
    todo!()
}
