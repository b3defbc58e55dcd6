//! Whether an opened SealedSecret is as it was left, found out without opening it.
//!
//! It is when its status says so of just this generation, when nobody but we ourselves has written the data of its
//! Secret since (`metadata.managedFields`), and when all that is not secret is as it should be. Items that went away are
//! seen by their names. Anything else is opened and compared.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    decide::{SYNCED, consents, is_controlled_by, same, tidied, updated},
    unseal::owner,
};
use crate::{
    api::{
        sealed_secret::{PATCH, SKIP_SET_OWNER_REFERENCES, SealedSecret, TRUE},
        secret::Secret,
    },
    object::Object,
};

/// Whether a SealedSecret and its Secret are as a controller that writes as `manager` has left them.
pub fn is_untouched(sealed: &Object, secret: &Object, manager: &str) -> bool {
    is_observed(sealed)
        && is_controlled_by(secret, sealed)
        && !consents(secret, PATCH)
        && is_written_by(secret, manager)
        && looks_the_same(sealed, secret)
}

/// Whether its status says that it was opened as it is asked for now.
pub fn is_observed(sealed: &Object) -> bool {
    let observed = sealed.at(&["status", "observedGeneration"]);
    let conditions = sealed
        .at(&["status", "conditions"])
        .and_then(Value::as_array);
    let synced = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(SYNCED));
    observed.and_then(Value::as_i64) == sealed.generation()
        && sealed.generation().is_some()
        && sealed.at(&["metadata", "deletionTimestamp"]).is_none()
        && synced.is_some_and(|condition| {
            let text = |field: &str| condition.get(field).and_then(Value::as_str);
            text("status") == Some("True") && text("message").unwrap_or_default().is_empty()
        })
}

/// Whether every item was written last by a manager, and none by another.
pub fn is_written_by(secret: &Object, manager: &str) -> bool {
    let entries = secret
        .at(&["metadata", "managedFields"])
        .and_then(Value::as_array);
    let mut ours = BTreeSet::new();
    for entry in entries.into_iter().flatten() {
        let Some(items) = entry.pointer("/fieldsV1/f:data").and_then(Value::as_object) else {
            continue;
        };
        if entry.get("manager").and_then(Value::as_str) != Some(manager) {
            return false;
        }
        ours.extend(items.keys().filter_map(|name| name.strip_prefix("f:")));
    }
    names(secret).is_subset(&ours)
}

fn names(secret: &Object) -> BTreeSet<&str> {
    let items = secret.at(&["data"]).and_then(Value::as_object);
    items
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Whether all but the values is as it would be made: names of items, type, labels, annotations, owner.
fn looks_the_same(sealed: &Object, live: &Object) -> bool {
    let Ok(sealed) = SealedSecret::from_any(sealed.to_value()) else {
        return false;
    };
    if sealed.spec.data.is_some() {
        // What it holds is known only when it is open.
        return false;
    }
    let template = &sealed.spec.template;
    let mut wanted: BTreeSet<&str> = sealed
        .spec
        .encrypted_data
        .keys()
        .map(String::as_str)
        .collect();
    for (name, text) in &template.data {
        match text {
            Some(_) => wanted.insert(name),
            None => wanted.remove(name.as_str()),
        };
    }
    if names(live) != wanted {
        return false;
    }
    let mut shell = Secret {
        metadata: template.metadata.clone(),
        secret_type: template.secret_type.clone(),
        immutable: template.immutable,
        ..Secret::default()
    };
    shell.metadata.set_text("name", sealed.metadata.name());
    shell
        .metadata
        .set_text("namespace", sealed.metadata.namespace());
    if template.metadata.annotation(SKIP_SET_OWNER_REFERENCES) != Some(TRUE) {
        shell.metadata.set("ownerReferences", owner(&sealed));
    }
    let Ok(shell) = Object::from_value(shell.to_value()) else {
        return false;
    };
    let mut desired = tidied(shell);
    desired.set(&["data"], live.at(&["data"]).cloned().unwrap_or(json!({})));
    same(live, &updated(live, &desired))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Object {
        Object::from_value(json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
            "metadata": {"name": "db", "namespace": "shop", "uid": "u1", "generation": 2},
            "spec": {"encryptedData": {"a": "AAAA", "b": "AAAA"},
                "template": {"metadata": {"labels": {"x": "y"}}, "type": "Opaque", "data": {"c": "{{ .a }}", "b": null}}},
            "status": {"observedGeneration": 2, "conditions": [{"type": "Synced", "status": "True"}]}}))
        .unwrap()
    }

    fn secret() -> Object {
        Object::from_value(json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": "db", "namespace": "shop", "uid": "u2", "labels": {"x": "y"},
                "ownerReferences": [{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": "u1", "controller": true}],
                "managedFields": [
                    {"manager": "us", "operation": "Update", "fieldsV1": {"f:data": {".": {}, "f:a": {}, "f:c": {}}}},
                    {"manager": "other", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:x": {}}}}}]},
            "data": {"a": "eA==", "c": "eA=="}}))
        .unwrap()
    }

    #[test]
    fn what_was_left_as_it_is_is_untouched() {
        assert!(is_untouched(&sealed(), &secret(), "us"));
        assert!(
            !is_untouched(&sealed(), &secret(), "controller"),
            "the original wrote it"
        );
    }

    #[test]
    fn every_touch_is_seen() {
        type Touch = fn(&mut Object, &mut Object);
        let touches: &[(&str, Touch)] = &[
            ("sealed again", |sealed, _| {
                sealed.set(&["metadata", "generation"], 3.into())
            }),
            ("not observed", |sealed, _| drop(sealed.remove(&["status"]))),
            ("not open", |sealed, _| {
                sealed.set(
                    &["status", "conditions"],
                    json!([{"type": "Synced", "status": "False", "message": "no"}]),
                );
            }),
            ("another owner", |_, secret| {
                secret.set(
                    &["metadata", "ownerReferences"],
                    json!([{"uid": "u9", "controller": true}]),
                );
            }),
            ("an item is gone", |_, secret| {
                drop(secret.remove(&["data", "c"]))
            }),
            ("an item is new", |_, secret| {
                secret.set(&["data", "d"], "eA==".into())
            }),
            ("written by another", |_, secret| {
                secret.set(
                    &["metadata", "managedFields"],
                    json!([
                    {"manager": "us", "fieldsV1": {"f:data": {"f:c": {}}}},
                    {"manager": "kubectl-edit", "fieldsV1": {"f:data": {"f:a": {}}}}]),
                );
            }),
            ("nobody is known", |_, secret| {
                drop(secret.remove(&["metadata", "managedFields"]))
            }),
            ("another type", |_, secret| {
                secret.set(&["type"], "other".into())
            }),
            ("another label", |_, secret| {
                secret.set(&["metadata", "labels"], json!({"x": "z"}))
            }),
            ("one more annotation", |_, secret| {
                secret.set(&["metadata", "annotations"], json!({"a": "b"}))
            }),
            ("patched only", |_, secret| {
                secret.set(
                    &["metadata", "annotations"],
                    json!({"sealedsecrets.bitnami.com/patch": "true"}),
                );
            }),
            ("the old form", |sealed, _| {
                sealed.set(&["spec", "data"], "AAAA".into())
            }),
        ];
        for (what, touch) in touches {
            let (mut sealed, mut secret) = (sealed(), secret());
            touch(&mut sealed, &mut secret);
            assert!(!is_untouched(&sealed, &secret, "us"), "{what}");
        }
    }
}
