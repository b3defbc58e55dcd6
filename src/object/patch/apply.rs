//! Three-way apply: the patch that `kubectl apply` sends.

use serde_json::Value;

use super::PatchError;
use crate::object::schema::Schema;

/// The patch that brings `current` to `modified`, deleting only what was in `original` (the last
/// applied configuration): a strategic merge patch with a schema, a JSON merge patch without.
///
/// # Errors
/// [`PatchError`] names the field.
pub fn three_way(
    _original: Option<&Value>,
    _modified: &Value,
    _current: &Value,
    _schema: Option<&Schema>,
) -> Result<Value, PatchError> {
    todo!()
}
