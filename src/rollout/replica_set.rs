//! Reading ReplicaSets of a Rollout.

use jiff::Timestamp;
use serde_json::Value;

use super::{canary::Pods, hash};
use crate::{
    api::rollout::{HASH_LABEL, REVISION, SCALE_DOWN_DEADLINE},
    object::Object,
};

/// The hash that a ReplicaSet is labelled with.
pub fn hash_of(set: &Object) -> &str {
    set.label(HASH_LABEL).unwrap_or_default()
}

/// The number of its revision.
pub fn revision(set: &Object) -> i64 {
    set.annotation(REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// A number of its spec or status.
pub fn count(set: &Object, path: &[&str]) -> i64 {
    set.at(path).and_then(Value::as_i64).unwrap_or(0)
}

/// Its pods, as asked for and available.
pub fn pods(set: &Object) -> Pods {
    Pods {
        spec: count(set, &["spec", "replicas"]),
        available: count(set, &["status", "availableReplicas"]),
    }
}

/// When it is to be scaled down.
pub fn deadline(set: &Object) -> Option<Timestamp> {
    set.annotation(SCALE_DOWN_DEADLINE)?.parse().ok()
}

/// Whether a ReplicaSet was made from a template: all that the template says stands in it, and what stands there besides
/// is what an API server fills in.
pub fn is_made_from(set: &Object, template: &Value) -> bool {
    let mut live = set.at(&["spec", "template"]).cloned().unwrap_or_default();
    if let Some(labels) = live
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.remove(HASH_LABEL);
    }
    let read =
        |value: &Value| serde_json::from_str::<Value>(&hash::canonical(value)).unwrap_or_default();
    is_covered(&read(template), &read(&live))
}

/// What an API server fills in; `null` stands for any value.
const DEFAULTS: &[(&str, &str)] = &[
    ("apiVersion", "\"v1\""),
    ("defaultMode", "420"),
    ("dnsPolicy", "\"ClusterFirst\""),
    ("failureThreshold", "3"),
    ("imagePullPolicy", "null"),
    ("path", "\"/\""),
    ("periodSeconds", "10"),
    ("protocol", "\"TCP\""),
    ("requests", "null"),
    ("restartPolicy", "\"Always\""),
    ("schedulerName", "\"default-scheduler\""),
    ("scheme", "\"HTTP\""),
    ("securityContext", "{}"),
    ("serviceAccount", "null"),
    ("successThreshold", "1"),
    ("terminationGracePeriodSeconds", "30"),
    ("terminationMessagePath", "\"/dev/termination-log\""),
    ("terminationMessagePolicy", "\"File\""),
    ("timeoutSeconds", "1"),
];

fn is_covered(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            wanted
                .iter()
                .all(|(name, value)| live.get(name).is_some_and(|other| is_covered(value, other)))
                && live
                    .iter()
                    .filter(|(name, _)| !wanted.contains_key(*name))
                    .all(|(name, value)| {
                        DEFAULTS.iter().any(|(field, text)| {
                            field == name && (*text == "null" || value.to_string() == *text)
                        })
                    })
        }
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.len() == live.len() && wanted.iter().zip(live).all(|(a, b)| is_covered(a, b))
        }
        (wanted, live) => wanted == live,
    }
}
