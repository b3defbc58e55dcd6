//! Which ReplicaSet has the Deployment's template, and the name of one that is to be made.

use serde_json::Value;

use crate::{object::Object, workload::field};

/// Label that tells the ReplicaSets of a Deployment apart.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// The longest name that an object may have.
const MAX_NAME: usize = 253;

/// Letters without vowels and look-alikes, so that no words arise (`rand.SafeEncodeString` of apimachinery).
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A short name for a pod template: the same for the same template, another for another collision count.
///
/// The number behind it is ours (FNV-1a over the sorted JSON); only Kubernetes itself needs to know its own.
pub fn pod_template_hash(template: &Value, collision_count: Option<i64>) -> String {
    let mut bytes = normal(template).to_string().into_bytes();
    if let Some(count) = collision_count {
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    field::fnv1a(&bytes)
        .to_string()
        .bytes()
        .filter_map(|digit| ALPHABET.get(usize::from(digit) % ALPHABET.len()))
        .map(|letter| char::from(*letter))
        .collect()
}

/// The name of the ReplicaSet that a Deployment makes for its template now.
pub fn new_name(deployment: &Object) -> String {
    let hash = hash_of(deployment);
    let room = MAX_NAME.saturating_sub(1 + hash.len());
    let name: String = deployment.name().chars().take(room).collect();
    format!("{name}-{hash}")
}

/// The hash of the Deployment's template at its collision count.
pub(super) fn hash_of(deployment: &Object) -> String {
    let template = deployment.at(&["spec", "template"]).unwrap_or(&Value::Null);
    let collisions = deployment
        .at(&["status", "collisionCount"])
        .and_then(Value::as_i64);
    pod_template_hash(template, collisions)
}

/// Whether two pod templates are the same but for the hash label (`EqualIgnoreHash`).
pub(super) fn is_equal(one: &Value, other: &Value) -> bool {
    normal(one) == normal(other)
}

/// A template without the hash label and without what means nothing: nulls, empty lists, empty labels.
fn normal(template: &Value) -> Value {
    let mut normal = without_nothing(template);
    if let Some(metadata) = normal.get_mut("metadata").and_then(Value::as_object_mut) {
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.remove(POD_TEMPLATE_HASH);
        }
        metadata.retain(|_, value| !value.as_object().is_some_and(serde_json::Map::is_empty));
    }
    normal
}

fn without_nothing(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| {
                !value.is_null() && !value.as_array().is_some_and(std::vec::Vec::is_empty)
            })
            .map(|(name, value)| (name.clone(), without_nothing(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nothing).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_is_stable_safe_and_moved_by_collisions() {
        let template =
            json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a"}]}});
        let hash = pod_template_hash(&template, None);
        assert_eq!(hash, pod_template_hash(&template, None));
        assert!(
            hash.bytes().all(|letter| ALPHABET.contains(&letter)),
            "{hash}"
        );
        assert!((6..=10).contains(&hash.len()), "{hash}");
        assert_ne!(hash, pod_template_hash(&template, Some(1)));
    }

    #[test]
    fn templates_are_compared_without_hash_and_nothing() {
        let plain = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": []}});
        let stored = json!({"metadata": {"creationTimestamp": null, "labels": {"app": "a", POD_TEMPLATE_HASH: "x"}},
            "spec": {"containers": null}});
        let other = json!({"metadata": {"labels": {"app": "b"}}});
        assert!(is_equal(&plain, &stored));
        assert!(!is_equal(&plain, &other));
    }

    #[test]
    fn long_names_leave_room_for_the_hash() {
        let deployment = Object::from_value(json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "d".repeat(MAX_NAME)}}))
        .unwrap();
        assert_eq!(new_name(&deployment).len(), MAX_NAME);
    }
}
