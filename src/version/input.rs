//! The sealed, public input of a SealedSecret, as one number: nothing of what it opens to.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    api::{
        sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE, TRUE},
        version::CANARY,
    },
    object::Object,
};

/// Whether a SealedSecret asks for versions; only the value `true` counts.
pub fn is_opted_in(sealed: &Object) -> bool {
    sealed.annotation(CANARY) == Some(TRUE)
}

/// SHA-256 of items, template and scope, in hexadecimal: equal as long as the same is sealed in the same way.
pub fn sealed_from(sealed: &Object) -> String {
    let of = |field: &str| sealed.at(&["spec", field]).cloned().unwrap_or_default();
    let scope = [CLUSTER_WIDE, NAMESPACE_WIDE].map(|name| sealed.annotation(name) == Some(TRUE));
    let input = json!({
        "encryptedData": of("encryptedData"),
        "data": of("data"),
        "template": of("template"),
        "scope": scope,
        // A ciphertext opens for one name in one namespace: another object is another input.
        "name": sealed.name(),
        "namespace": sealed.namespace(),
    });
    // Maps are sorted, so equal input is equal text.
    Sha256::digest(Value::to_string(&input).as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Object {
        Object::from_value(json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
            "metadata": {"name": "db", "namespace": "shop", "resourceVersion": "1", "annotations": {CANARY: "true"}},
            "spec": {"encryptedData": {"k": "AgA="}, "template": {"type": "Opaque"}}, "status": {}}))
        .unwrap()
    }

    #[test]
    fn point_01_only_true_opts_in() {
        let mut sealed = sealed();
        assert!(is_opted_in(&sealed));
        for value in ["True", "1", "yes", "", "false", " true"] {
            sealed.set(&["metadata", "annotations", CANARY], value.into());
            assert!(!is_opted_in(&sealed), "{value}");
        }
        sealed.remove(&["metadata", "annotations"]);
        assert!(!is_opted_in(&sealed));
    }

    #[test]
    fn point_02_the_sealed_input_is_items_template_and_scope() {
        let before = sealed_from(&sealed());
        assert_eq!(before.len(), 64);
        for (path, value, is_input) in [
            (&["metadata", "resourceVersion"][..], json!("2"), false),
            (&["metadata", "labels"], json!({"a": "b"}), false),
            (&["metadata", "annotations", CANARY], json!("false"), false),
            (&["status", "observedGeneration"], json!(3), false),
            (
                &["metadata", "annotations", CLUSTER_WIDE],
                json!("no"),
                false,
            ),
            (
                &["metadata", "annotations", CLUSTER_WIDE],
                json!("true"),
                true,
            ),
            (
                &["metadata", "annotations", NAMESPACE_WIDE],
                json!("true"),
                true,
            ),
            (&["spec", "encryptedData", "k"], json!("AgB="), true),
            (&["spec", "template", "type"], json!("x"), true),
            (&["spec", "data"], json!("AgB="), true),
        ] {
            let mut changed = sealed();
            changed.set(path, value);
            assert_eq!(sealed_from(&changed) != before, is_input, "{path:?}");
        }
    }
}
