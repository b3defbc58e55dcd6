//! Answers without what may differ: ids and times.

use serde_json::Value;

/// Manager of the entries that controllers of a real control plane write.
const CONTROLLERS: &str = "kube-controller-manager";

/// An answer as it is compared.
pub fn plain(mut value: Value, name: &str) -> Value {
    forget(&mut value);
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in [
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
        ] {
            metadata.remove(field);
        }
        if let Some(Value::Array(entries)) = metadata.get_mut("managedFields") {
            entries.retain(|entry| entry["manager"] != CONTROLLERS);
            for entry in entries.iter_mut() {
                if entry.get("time").is_some() {
                    entry["time"] = "T".into();
                }
            }
            entries.sort_by_key(|entry| {
                ["operation", "manager", "apiVersion", "subresource"]
                    .map(|name| entry[name].to_string())
            });
        }
    }
    if let Some(details) = value.get_mut("details").and_then(Value::as_object_mut) {
        details.remove("uid");
        if let Some(Value::Array(causes)) = details.get_mut("causes") {
            causes.sort_by_key(ToString::to_string);
        }
    }
    // A patch that leads to a wrong object shows the object, ids, times and order included.
    if let Some(text) = value["message"].as_str()
        && text.starts_with(" \"\" is invalid: patch: ")
    {
        let why = text
            .rsplit_once("\": ")
            .map_or(text, |(_, why)| why)
            .to_owned();
        value["message"] = why.into();
        value["details"]["causes"] = Value::Null;
    }
    // The original finds faults of custom objects by the chance of its maps.
    if let Some((head, faults)) = value["message"]
        .as_str()
        .and_then(|text| text.split_once(" is invalid: ["))
    {
        let mut faults: Vec<&str> = faults.trim_end_matches(']').split(", ").collect();
        faults.sort_unstable();
        value["message"] = format!("{head} is invalid: {faults:?}").into();
    }
    let text = value.to_string().replace(name, "NAME");
    serde_json::from_str(&text).unwrap()
}

/// Instants inside of an object.
fn forget(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for field in ["lastTransitionTime", "lastUpdateTime"] {
                map.remove(field);
            }
            map.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        _ => {}
    }
}

/// Where two values differ, a line each.
pub fn differences(path: &str, real: &Value, ours: &Value, found: &mut Vec<String>) {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => {
            let names: std::collections::BTreeSet<&String> =
                real.keys().chain(ours.keys()).collect();
            for name in names {
                let path = format!("{path}/{name}");
                match (real.get(name), ours.get(name)) {
                    (Some(real), Some(ours)) => differences(&path, real, ours, found),
                    (Some(real), None) => found.push(format!("  {path}: only real: {real}")),
                    (None, Some(ours)) => found.push(format!("  {path}: only ours: {ours}")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(real), Value::Array(ours)) if real.len() == ours.len() => {
            for (place, (real, ours)) in real.iter().zip(ours).enumerate() {
                differences(&format!("{path}/{place}"), real, ours, found);
            }
        }
        _ if real == ours => {}
        _ => found.push(format!("  {path}: real {real}\n  {path}: ours {ours}")),
    }
}
