//! `canaryMetadata` and `stableMetadata`: labels and annotations of pods for as long as they play a part (upstream
//! `rollout/ephemeralmetadata.go`).

use serde_json::{Map, Value, json};

use super::{condition, pass::Pass, replica_set};
use crate::{api::rollout::EPHEMERAL_METADATA, object::Object};

/// What is injected: its labels and annotations.
const PARTS: [&str; 2] = ["labels", "annotations"];

/// Whether a Rollout asks for any.
pub fn is_asked_for(rollout: &Object) -> bool {
    wish(rollout, "canaryMetadata").is_some() || wish(rollout, "stableMetadata").is_some()
}

fn wish<'a>(rollout: &'a Object, name: &str) -> Option<&'a Value> {
    rollout
        .at(&["spec", "strategy", "canary", name])
        .filter(|wish| !wish.is_null())
}

/// What a ReplicaSet that is made now carries: the canary's where there is a stable one beside it.
pub fn of_new<'a>(pass: &Pass<'a>) -> Option<&'a Value> {
    let part = if pass.separate_stable().is_some() {
        "canaryMetadata"
    } else {
        "stableMetadata"
    };
    wish(pass.rollout(), part)
}

/// Brings the ReplicaSets and their pods to what their part asks for.
pub fn sync(pass: &mut Pass<'_>) {
    let rollout = pass.rollout();
    if !is_asked_for(rollout) {
        return;
    }
    let (canary, stable) = (
        wish(rollout, "canaryMetadata"),
        wish(rollout, "stableMetadata"),
    );
    let before = pass.text("stableRS");
    let is_settled = before.is_empty()
        || pass
            .new_set
            .is_some_and(|set| replica_set::hash_of(set) == before);
    let mut all: Vec<(&Object, Option<&Value>)> = Vec::new();
    if is_settled {
        all.extend(pass.new_set.map(|set| (set, stable)));
    } else {
        all.extend(pass.new_set.map(|set| (set, canary)));
        all.extend(pass.separate_stable().map(|set| (set, stable)));
    }
    all.extend(pass.others.iter().map(|set| (*set, None)));
    for (set, wanted) in all {
        sync_set(pass, set, wanted);
    }
}

fn sync_set(pass: &mut Pass<'_>, set: &Object, wanted: Option<&Value>) {
    let carried = carried(set);
    let template = set.at(&["spec", "template", "metadata"]).cloned();
    if let Some(change) = change(template.as_ref(), &carried, wanted) {
        // First the ReplicaSet: pods that it makes meanwhile are right from the beginning.
        let noted = wanted.map_or(Value::Null, |wanted| noted(wanted).into());
        pass.patch(
            set,
            json!({"metadata": {"annotations": {EPHEMERAL_METADATA: noted}},
                "spec": {"template": {"metadata": change}}}),
        );
    }
    if replica_set::pods(set).spec == 0 {
        return;
    }
    let pods: Vec<Object> = pods_of(pass, set).cloned().collect();
    for pod in pods {
        if let Some(change) = change(pod.at(&["metadata"]), &carried, wanted) {
            pass.patch(&pod, json!({"metadata": change}));
        }
    }
}

fn pods_of<'a>(pass: &Pass<'a>, set: &'a Object) -> impl Iterator<Item = &'a Object> {
    let found = pass.snapshot.objects.values().flatten();
    found.filter(|object| {
        let owners = object.at(&["metadata", "ownerReferences"]);
        let owners = owners.and_then(Value::as_array);
        object.kind() == "Pod"
            && !replica_set::is_going(object)
            && owners.into_iter().flatten().any(|owner| {
                set.uid()
                    .is_some_and(|uid| condition::text(owner, "uid") == uid)
            })
    })
}

/// What was injected into a ReplicaSet before, as it says itself.
fn carried(set: &Object) -> Value {
    let noted = set.annotation(EPHEMERAL_METADATA);
    noted
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// A wish as the annotation holds it: labels before annotations, as Go writes them, nothing empty.
pub fn noted(wanted: &Value) -> String {
    let parts = PARTS.iter().filter_map(|part| {
        let map = wanted
            .get(*part)?
            .as_object()
            .filter(|map| !map.is_empty())?;
        let map = serde_json::to_string(map).ok()?;
        Some(format!("\"{part}\":{map}"))
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(","))
}

/// The change that brings metadata to what is wanted, and takes away what was carried and is not wanted any more; `None`
/// if nothing is to be changed.
fn change(metadata: Option<&Value>, carried: &Value, wanted: Option<&Value>) -> Option<Value> {
    let mut changed = Map::new();
    for part in PARTS {
        let map = |of: Option<&Value>| {
            let map = of.and_then(|of| of.get(part)?.as_object());
            map.cloned().unwrap_or_default()
        };
        let (now, before, wanted) = (map(metadata), map(Some(carried)), map(wanted));
        let mut own = Map::new();
        for (name, value) in &wanted {
            if now.get(name) != Some(value) {
                own.insert(name.clone(), value.clone());
            }
        }
        for name in before.keys() {
            if !wanted.contains_key(name) && now.contains_key(name) {
                own.insert(name.clone(), Value::Null);
            }
        }
        if !own.is_empty() {
            changed.insert(part.to_owned(), own.into());
        }
    }
    (!changed.is_empty()).then(|| changed.into())
}

/// Puts a wish into the metadata of a template.
pub fn inject(metadata: &mut Map<String, Value>, wanted: &Value) {
    for part in PARTS {
        let Some(wanted) = wanted.get(part).and_then(Value::as_object) else {
            continue;
        };
        let own = metadata.entry(part).or_insert_with(|| json!({}));
        if !own.is_object() {
            *own = json!({});
        }
        if let Some(own) = own.as_object_mut() {
            own.extend(wanted.clone());
        }
    }
}

/// Takes out of a template what a ReplicaSet says was injected into it.
pub fn without(template: &mut Value, set: &Object) {
    let carried = carried(set);
    for part in PARTS {
        let names = carried.get(part).and_then(Value::as_object);
        let Some(own) = template
            .pointer_mut(&format!("/metadata/{part}"))
            .and_then(Value::as_object_mut)
        else {
            continue;
        };
        for name in names.into_iter().flat_map(Map::keys) {
            own.remove(name);
        }
    }
    if carried.is_null() {
        return;
    }
    let metadata = template
        .pointer_mut("/metadata")
        .and_then(Value::as_object_mut);
    if let Some(metadata) = metadata {
        metadata.retain(|name, value| {
            !PARTS.contains(&name.as_str()) || value.as_object().is_none_or(|map| !map.is_empty())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_comes_and_goes_by_what_was_carried() {
        let now = json!({"labels": {"app": "web", "role": "canary", "own": "x"}});
        let carried = json!({"labels": {"role": "canary", "old": "gone"}});
        let stable = json!({"labels": {"role": "stable"}, "annotations": {"a": "b"}});
        for (wanted, expected) in [
            (Some(&stable), Some(stable.clone())),
            (None, Some(json!({"labels": {"role": null}}))),
            (Some(&json!({"labels": {"role": "canary"}})), None),
        ] {
            assert_eq!(change(Some(&now), &carried, wanted), expected, "{wanted:?}");
        }
    }

    #[test]
    fn what_is_noted_is_what_go_writes() {
        let wish = json!({"annotations": {"a": "b"}, "labels": {"z": "1", "c": "2"}});
        assert_eq!(
            noted(&wish),
            r#"{"labels":{"c":"2","z":"1"},"annotations":{"a":"b"}}"#
        );
        assert_eq!(noted(&json!({"labels": {}})), "{}");
    }
}
