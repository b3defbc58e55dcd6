//! Health of a SealedSecret: that of upstream's script, and the delivery of a new version.

use super::health::{Health, condition, is_observed, word};
use crate::object::Object;

/// Condition of the delivery of a new version.
const PROMOTED: &str = "Promoted";

pub(super) fn health(object: &Object) -> Option<Health> {
    let Some(synced) = condition(object, "Synced") else {
        return Some(Health::progressing(
            "Waiting for Sealed Secret to be decrypted",
        ));
    };
    if !is_observed(object) {
        return Some(Health::progressing(
            "Waiting for Sealed Secret to be decrypted",
        ));
    }
    if word(synced, "status") == "False" {
        return Some(Health::degraded(word(synced, "message")));
    }
    let Some(promoted) = condition(object, PROMOTED) else {
        return Some(Health::healthy(""));
    };
    let message = word(promoted, "message");
    Some(match (word(promoted, "status"), word(promoted, "reason")) {
        ("False", "Progressing") => Health::progressing(message),
        ("False", "Rejected" | "Stalled") => Health::degraded(message),
        _ => Health::healthy(""),
    })
}
