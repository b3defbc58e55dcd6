//! Counts of what a schema limits.

use serde_json::Value;

/// A limit of a schema; a negative one limits nothing.
pub(super) fn u64_at(schema: &Value, name: &str) -> Option<u64> {
    schema.get(name)?.as_u64()
}

/// A length as the width that limits have.
pub(super) fn width(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
