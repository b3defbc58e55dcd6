//! Objects for the tests of this module.

use serde_json::{Value, json};

use crate::{
    api::{
        base64,
        rollout::{HASH_LABEL, REVISION},
        version::{CANARY, LAST_VERSION, SECRET, VERSION},
    },
    object::Object,
};

pub const UID: &str = "uid-of-db";

pub fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

/// The SealedSecret `db`, opted in, with a ciphertext of a name.
pub fn sealed(ciphertext: &str) -> Object {
    object(
        json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop", "uid": UID, "generation": 1, "resourceVersion": "9",
            "annotations": {CANARY: "true"}},
        "spec": {"encryptedData": {"k": ciphertext}, "template": {"metadata": {"labels": {"team": "a"}}}}}),
    )
}

pub fn owner(uid: &str) -> Value {
    json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": uid})
}

fn controller(uid: &str) -> Value {
    let mut owner = owner(uid);
    owner["controller"] = true.into();
    owner
}

/// What a SealedSecret opens to.
pub fn opened(value: &str) -> Object {
    object(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop", "labels": {"team": "a"}, "ownerReferences": [controller(UID)]},
        "data": {"k": base64::encode(value.as_bytes())}}))
}

/// The plain Secret before anything was delivered as versions.
pub fn plain(value: &str) -> Object {
    let mut plain = opened(value);
    plain.set(&["type"], "Opaque".into());
    plain.set(&["metadata", "uid"], "uid-of-plain".into());
    plain.set(&["metadata", "resourceVersion"], "5".into());
    plain
}

/// A version with a value.
pub fn version(number: u64, value: &str) -> Object {
    object(
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true,
        "metadata": {"name": format!("db-v{number}"), "namespace": "shop", "uid": format!("uid-v{number}"), "resourceVersion": "3",
            "labels": {SECRET: "db", VERSION: number.to_string()},
            "annotations": {LAST_VERSION: number.to_string()}, "ownerReferences": [owner(UID)]},
        "data": {"k": base64::encode(value.as_bytes())}}),
    )
}

/// The same with a label or annotation.
pub fn labelled(mut object: Object, name: &str, value: &str) -> Object {
    object.set(&["metadata", "labels", name], value.into());
    object
}

pub fn annotated(mut object: Object, name: &str, value: &str) -> Object {
    object.set(&["metadata", "annotations", name], value.into());
    object
}

pub fn leaving(mut object: Object) -> Object {
    object.set(
        &["metadata", "deletionTimestamp"],
        "2030-01-01T00:00:00Z".into(),
    );
    object
}

/// A pod template that names a secret.
pub fn template(secret: &str) -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
        {"name": "c", "image": "i", "envFrom": [{"secretRef": {"name": secret}}]}]}})
}

/// A Rollout that names a secret, with its stable and current hash.
pub fn rollout(name: &str, secret: &str, stable: &str, current: &str) -> Object {
    object(
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-of-{name}")},
        "spec": {"template": template(secret)}, "status": {"stableRS": stable, "currentPodHash": current}}),
    )
}

/// A ReplicaSet of a Rollout with a hash, revision, secret and replicas.
pub fn set(rollout: &str, hash: &str, revision: u64, secret: &str, replicas: i64) -> Object {
    object(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": format!("{rollout}-{hash}"), "namespace": "shop", "uid": format!("uid-{rollout}-{hash}"),
            "labels": {HASH_LABEL: hash}, "annotations": {REVISION: revision.to_string()},
            "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": rollout,
                "uid": format!("uid-of-{rollout}"), "controller": true}]},
        "spec": {"replicas": replicas, "template": template(secret)}, "status": {"replicas": replicas}}))
}

/// The Rollout with an aborted update.
pub fn aborted(mut rollout: Object, message: &str) -> Object {
    rollout.set(&["status", "abort"], true.into());
    rollout.set(
        &["status", "conditions"],
        json!([{"type": "Progressing", "status": "False", "reason": "RolloutAborted", "message": message}]),
    );
    rollout
}
