//! Which SealedSecrets are fresh: those that are not opened yet go first, and are looked at again when keys come.

use futures::{Stream, StreamExt, stream};
use serde_json::Value;

use super::{keys::Keys, lanes::Lane};
use crate::{
    cluster::LiveStore,
    object::{Object, ObjectRef},
    seal::decide::SYNCED,
};

/// The SealedSecrets that are not opened, each time that keys were added.
pub(super) fn failed_ones(
    keys: &Keys,
    store: LiveStore,
) -> impl Stream<Item = ObjectRef> + Send + use<> {
    keys.additions().flat_map(move |()| {
        let failed: Vec<_> = store
            .state()
            .into_iter()
            .filter(|live| synced(live.object()) != Some("True"))
            .map(|live| live.object().reference())
            .collect();
        stream::iter(failed)
    })
}

/// What is opened already waits until what is new is done.
pub(super) fn lane(sealed: &Object) -> Lane {
    let observed = sealed.at(&["status", "observedGeneration"]);
    let is_observed = observed.and_then(Value::as_i64) == sealed.generation();
    if is_observed && synced(sealed) == Some("True") {
        Lane::Settled
    } else {
        Lane::Fresh
    }
}

/// Status of the condition `Synced`.
fn synced(sealed: &Object) -> Option<&str> {
    sealed
        .at(&["status", "conditions"])?
        .as_array()?
        .iter()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(SYNCED))?
        .get("status")?
        .as_str()
}
