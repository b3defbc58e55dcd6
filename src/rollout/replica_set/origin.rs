//! Whether a ReplicaSet was made from a template, though its hash says otherwise.

use serde_json::Value;

use crate::{
    api::rollout::HASH_LABEL,
    object::Object,
    rollout::{affinity, ephemeral, hash},
};

/// Whether a ReplicaSet was made from a template: all that the template says stands in it, and what stands there besides
/// is what an API server fills in.
pub fn is_made_from(set: &Object, template: &Value) -> bool {
    let live = set.at(&["spec", "template"]).unwrap_or(&Value::Null);
    let mut live = live.clone();
    // What a Rollout puts in besides, for as long as the pods play a part.
    ephemeral::without(&mut live, set);
    affinity::without(&mut live);
    let mut live = read(&live);
    let mut wanted = read(template);
    for side in [&mut live, &mut wanted] {
        let labels = side
            .pointer_mut("/metadata/labels")
            .and_then(Value::as_object_mut);
        if let Some(labels) = labels {
            labels.remove(HASH_LABEL);
        }
        // The old name of `serviceAccountName`, which the API server fills in from it.
        if let Some(spec) = side.pointer_mut("/spec").and_then(Value::as_object_mut) {
            spec.remove("serviceAccount");
        }
    }
    is_covered(&wanted, &live)
}

/// A template without what Go does not know, and with quantities in one form.
fn read(template: &Value) -> Value {
    serde_json::from_str(&hash::canonical(template)).unwrap_or_default()
}

/// What an API server fills in, whatever stands beside it.
const DEFAULTS: &[(&str, &str)] = &[
    ("apiVersion", "\"v1\""),
    ("defaultMode", "420"),
    ("dnsPolicy", "\"ClusterFirst\""),
    ("expirationSeconds", "3600"),
    ("failureThreshold", "3"),
    ("path", "\"/\""),
    ("periodSeconds", "10"),
    ("protocol", "\"TCP\""),
    ("restartPolicy", "\"Always\""),
    ("schedulerName", "\"default-scheduler\""),
    ("scheme", "\"HTTP\""),
    ("securityContext", "{}"),
    ("successThreshold", "1"),
    ("terminationGracePeriodSeconds", "30"),
    ("terminationMessagePath", "\"/dev/termination-log\""),
    ("terminationMessagePolicy", "\"File\""),
    ("timeoutSeconds", "1"),
    ("labels", "{}"),
];

fn is_covered(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            let all_wanted = wanted.iter().all(|(name, value)| match live.get(name) {
                Some(other) if name == "requests" => is_requested(value, other, live.get("limits")),
                Some(other) => is_covered(value, other),
                None => false,
            });
            all_wanted
                && live
                    .iter()
                    .filter(|(name, _)| !wanted.contains_key(*name))
                    .all(|(name, value)| is_default(name, value, live))
        }
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.len() == live.len() && wanted.iter().zip(live).all(|(a, b)| is_covered(a, b))
        }
        (wanted, live) => wanted == live,
    }
}

/// Whether an API server fills a field in with this value, by what stands beside it.
fn is_default(name: &str, value: &Value, beside: &serde_json::Map<String, Value>) -> bool {
    match name {
        "imagePullPolicy" => {
            let image = beside.get("image").and_then(Value::as_str);
            value.as_str() == Some(pull_policy(image.unwrap_or_default()))
        }
        "requests" => is_requested(&Value::Null, value, beside.get("limits")),
        "hostPort" => Some(value) == beside.get("containerPort"),
        _ => DEFAULTS.iter().any(|(field, text)| {
            *field == name && serde_json::from_str(text).ok().as_ref() == Some(value)
        }),
    }
}

/// Whether the requests are those that are wanted, and the limits where nothing is requested.
fn is_requested(wanted: &Value, live: &Value, limits: Option<&Value>) -> bool {
    let Some(live) = live.as_object() else {
        return wanted == live;
    };
    let wanted = wanted.as_object();
    let count = wanted.map_or(0, |wanted| {
        wanted
            .keys()
            .filter(|name| live.contains_key(*name))
            .count()
    });
    count == wanted.map_or(0, serde_json::Map::len)
        && live.iter().all(|(name, value)| {
            let asked = wanted.and_then(|wanted| wanted.get(name));
            asked.or_else(|| limits?.get(name)) == Some(value)
        })
}

/// When an image is pulled, where nobody says so.
fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let last = name.rsplit('/').next().unwrap_or_default();
    let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
    if digest.is_empty() && tag == "latest" {
        "Always"
    } else {
        "IfNotPresent"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_same(wanted: Value, live: Value) -> bool {
        let template = |container: Value| json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [container]}});
        let mut live = template(live);
        live["metadata"]["labels"][HASH_LABEL] = "h".into();
        live["spec"]["restartPolicy"] = "Always".into();
        live["spec"]["serviceAccount"] = "some".into();
        let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "r"},
            "spec": {"template": live}});
        is_made_from(&Object::from_value(set).unwrap(), &template(wanted))
    }

    #[test]
    fn what_an_api_server_fills_in_makes_no_difference() {
        let plain = json!({"name": "c", "image": "i:1"});
        for (live, expected) in [
            (json!({"name": "c", "image": "i:1"}), true),
            (
                json!({"name": "c", "image": "i:1", "imagePullPolicy": "IfNotPresent"}),
                true,
            ),
            (
                json!({"name": "c", "image": "i:1", "imagePullPolicy": "Always"}),
                false,
            ),
            (json!({"name": "c", "image": "i:2"}), false),
            (json!({"name": "c", "image": "i:1", "args": ["x"]}), false),
            (
                json!({"name": "c", "image": "i:1", "terminationMessagePolicy": "File"}),
                true,
            ),
            (
                json!({"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "1"}}}),
                false,
            ),
        ] {
            assert_eq!(is_same(plain.clone(), live.clone()), expected, "{live}");
        }
    }

    #[test]
    fn limits_are_requested_where_nothing_else_is() {
        let limited = json!({"name": "c", "image": "i", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}});
        let with = |requests: Value| {
            let mut live = limited.clone();
            live["resources"]["requests"] = requests;
            live["imagePullPolicy"] = "Always".into();
            live
        };
        assert!(is_same(
            limited.clone(),
            with(json!({"cpu": 1, "memory": "1024Mi"}))
        ));
        assert!(!is_same(
            limited.clone(),
            with(json!({"cpu": "0.5", "memory": "1Gi"}))
        ));
        let wanted = with(json!({"cpu": "500m"}));
        assert!(is_same(
            wanted.clone(),
            with(json!({"cpu": "0.5", "memory": "1Gi"}))
        ));
        assert!(!is_same(wanted, with(json!({"cpu": "1", "memory": "1Gi"}))));
    }
}
