//! Health of kinds of others that tell it by a condition `Ready`.

use super::health::{Health, condition, word};
use crate::object::Object;

/// The kinds, by group; upstream has a script for each of them.
const KINDS: &[(&str, &[&str])] = &[
    (
        "cert-manager.io",
        &["Certificate", "Issuer", "ClusterIssuer"],
    ),
    (
        "external-secrets.io",
        &["ExternalSecret", "SecretStore", "ClusterSecretStore"],
    ),
];

/// Whether a kind tells its health by `Ready`.
pub(super) fn is_told(group: &str, kind: &str) -> bool {
    KINDS
        .iter()
        .any(|(own, kinds)| *own == group && kinds.contains(&kind))
}

pub(super) fn health(object: &Object) -> Option<Health> {
    let Some(ready) = condition(object, "Ready") else {
        return Some(Health::progressing(format!(
            "Waiting for {}",
            object.kind()
        )));
    };
    let is_issuing =
        condition(object, "Issuing").is_some_and(|issuing| word(issuing, "status") == "True");
    let message = word(ready, "message");
    Some(match word(ready, "status") {
        "True" => Health::healthy(message),
        _ if is_issuing => Health::progressing(message),
        "False" => Health::degraded(message),
        _ => Health::progressing(message),
    })
}
