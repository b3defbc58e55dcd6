//! Metadata that the server itself keeps.

use jiff::Timestamp;
use serde_json::Value;

use crate::{object::Object, sandbox::store::Stored};

/// An instant as Kubernetes writes it: whole seconds, `Z`.
pub fn timestamp(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

/// A copy of what is stored with its metadata changed by a function; for the server's own bookkeeping.
pub fn change_metadata(
    stored: &Stored,
    change: impl FnOnce(&mut serde_json::Map<String, Value>),
) -> Object {
    let mut object = stored.object.clone();
    if let Some(metadata) = object
        .as_map_mut()
        .get_mut("metadata")
        .and_then(Value::as_object_mut)
    {
        change(metadata);
    }
    object
}
