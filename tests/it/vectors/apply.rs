//! Sequences of applies and updates as the field manager of Kubernetes answers them (tests/peers/apply).

use serde_json::{Map, Value};
use waxwing::object::{
    Gvk,
    patch::managed::{ApplyError, Author, FieldSet, Subject, apply, update},
    schema::Schema,
};

/// The instant of each step; the recorded objects have the one before all of them.
const NOW: &str = "2000-01-01T00:00:00Z";
const BEFORE: &str = "1970-01-01T00:00:01Z";

/// Plays all sequences of a file, each until its first surprise.
fn judge(text: &str) {
    let file: Value = serde_json::from_str(text).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= 10, "{} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .enumerate()
        .filter_map(|(number, case)| play(case).map(|why| format!("sequence {number}: {why}")))
        .collect();
    let shown: Vec<&str> = wrong.iter().take(3).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} sequences wrong, such as\n{}",
        wrong.len(),
        cases.len(),
        shown.join("\n")
    );
}

fn play(case: &Value) -> Option<String> {
    let (api_version, kind) = case["kind"].as_str().unwrap().rsplit_once('/').unwrap();
    let gvk = Gvk::from_api_version(api_version, kind);
    let schema = match case.get("schema") {
        Some(schema) => Schema::structural(schema),
        None => Schema::of(&gvk).unwrap(),
    };
    let mut live = Map::new();
    live.insert("apiVersion".into(), api_version.into());
    live.insert("kind".into(), kind.into());
    for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        let text = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
        let subresource = text("subresource");
        let reset = if subresource == "status" {
            "spec"
        } else {
            "status"
        };
        let subject = Subject {
            gvk: &gvk,
            schema: Some(&schema),
            blank: &serde_json::Map::new,
            reset: &FieldSet::of_fields(&[&[reset]]),
            is_served: &|version| version == api_version,
        };
        let author = Author {
            manager: text("manager"),
            subresource,
            now: NOW,
        };
        let mut object = step["object"].as_object().unwrap().clone();
        let outcome = if text("operation") == "Apply" {
            let force = step.get("force") == Some(&Value::Bool(true));
            apply(&subject, author, Some(&live), &object, force)
        } else {
            update(&subject, author, Some(&live), &mut object);
            Ok(object)
        };
        if let Some(why) = differs(step, &outcome) {
            return Some(format!(
                "step {number}: {why}\n  live {}\n  step {} {} {} force {:?} {}",
                Value::Object(live),
                text("operation"),
                text("manager"),
                subresource,
                step.get("force"),
                step["object"],
            ));
        }
        if let Some(result) = step.get("result") {
            live = result.as_object().unwrap().clone();
        }
    }
    None
}

fn differs(step: &Value, outcome: &Result<Map<String, Value>, ApplyError>) -> Option<String> {
    match (step.get("error"), outcome) {
        (None, Ok(object)) => {
            let mut object = Value::Object(object.clone());
            object["metadata"]["uid"] = "there".into();
            let entries = object.pointer_mut("/metadata/managedFields");
            for entry in entries.and_then(Value::as_array_mut).into_iter().flatten() {
                if entry.get("time").is_some() {
                    entry["time"] = BEFORE.into();
                }
            }
            (object != step["result"])
                .then(|| format!("\n  expected {}\n  seen     {object}", step["result"]))
        }
        (Some(error), Err(seen)) => {
            let causes: Vec<Value> = match seen {
                ApplyError::Conflict(conflicts) => {
                    let mut causes: Vec<String> = conflicts
                        .iter()
                        .map(|conflict| format!("{}: {}", conflict.field(), conflict.message()))
                        .collect();
                    causes.sort();
                    causes.into_iter().map(Value::from).collect()
                }
                _ => Vec::new(),
            };
            let expected = step
                .get("causes")
                .cloned()
                .unwrap_or_else(|| Value::Array(Vec::new()));
            (!same_text(error.as_str().unwrap(), &seen.to_string())
                || expected != Value::Array(causes))
            .then(|| format!("\n  expected {error}\n  seen     {:?}", seen.to_string()))
        }
        (Some(error), Ok(_)) => Some(format!("expected the error {error}")),
        (None, Err(error)) => Some(format!("seen the error {error}")),
    }
}

/// Texts are the same; of several faults of a configuration, which the original finds by the chance of its
/// maps and gives up at some, one must be the same.
fn same_text(expected: &str, seen: &str) -> bool {
    if !expected.starts_with("failed to create typed patch object") {
        return expected == seen;
    }
    let faults = |text: &str| -> Vec<String> {
        let (_, text) = text.split_once("): ").unwrap();
        let text = text.strip_prefix("errors:\n  ").unwrap_or(text);
        text.split("\n  ").map(str::to_owned).collect()
    };
    let seen = faults(seen);
    faults(expected).iter().any(|fault| seen.contains(fault))
}

#[test]
fn config_maps() {
    judge(include_str!("../../vectors/apply/config-map.json"));
}

#[test]
fn deployments() {
    judge(include_str!("../../vectors/apply/deployment.json"));
}

#[test]
fn services() {
    judge(include_str!("../../vectors/apply/service.json"));
}

#[test]
fn pods() {
    judge(include_str!("../../vectors/apply/pod.json"));
}

#[test]
fn custom_objects() {
    judge(include_str!("../../vectors/apply/custom.json"));
}
