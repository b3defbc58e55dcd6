//! JSON merge patch (RFC 7386).

use serde_json::Value;

/// Merges the patch into the target: null removes, maps merge, all else replaces.
pub fn apply(_target: &mut Value, _patch: &Value) {
    todo!()
}

/// The merge patch that turns one value into the other.
pub fn create(_original: &Value, _modified: &Value) -> Value {
    todo!()
}
