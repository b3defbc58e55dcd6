//! What may stand in `allOf`, `anyOf`, `oneOf` and `not`: value rules, no structure.

use serde_json::{Value, json};

use super::{Cause, list, map, pattern, text};

/// Words that say structure and thus stand outside only, with their rule.
const STRUCTURE: [(&str, &str); 10] = [
    ("additionalProperties", "must be undefined to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    (
        "x-kubernetes-preserve-unknown-fields",
        "must be false to be structural",
    ),
    (
        "x-kubernetes-embedded-resource",
        "must be false to be structural",
    ),
    (
        "x-kubernetes-int-or-string",
        "must be false to be structural",
    ),
    (
        "x-kubernetes-list-type",
        "must be undefined to be structural",
    ),
    (
        "x-kubernetes-map-type",
        "must be undefined to be structural",
    ),
];

/// Checks the value rules of a schema that stands outside.
pub(super) fn values(schema: &Value, path: &str, found: &mut Vec<Cause>) {
    let either = json!([{"type": "integer"}, {"type": "string"}]);
    let is_either = |value: &Value| value.get("anyOf") == Some(&either);
    let first_all = list(schema, "allOf").first().is_some_and(is_either);
    branches(schema, path, is_either(schema), first_all, found);
}

fn branches(
    schema: &Value,
    path: &str,
    skip_any: bool,
    skip_first_all: bool,
    found: &mut Vec<Cause>,
) {
    for word in ["anyOf", "allOf", "oneOf"] {
        if word == "anyOf" && skip_any {
            continue;
        }
        for (index, below) in list(schema, word).iter().enumerate() {
            let skip = word == "allOf" && index == 0 && skip_first_all;
            nested(below, &format!("{path}.{word}[{index}]"), skip, found);
        }
    }
    if let Some(below) = schema.get("not").filter(|below| below.is_object()) {
        nested(below, &format!("{path}.not"), false, found);
    }
    pattern(schema, path, found);
}

fn nested(schema: &Value, path: &str, skip_any: bool, found: &mut Vec<Cause>) {
    branches(schema, path, skip_any, false, found);
    if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
        nested(items, &format!("{path}.items"), false, found);
    }
    for (name, below) in map(schema, "properties") {
        nested(below, &format!("{path}.properties[{name}]"), false, found);
    }
    let mut forbid =
        |word: &str, rule: &str| found.push(Cause::forbidden(format!("{path}.{word}"), rule));
    if !text(schema, "type").is_empty() {
        forbid("type", "must be empty to be structural");
    }
    for (word, rule) in STRUCTURE {
        let is_set = match schema.get(word) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(_) => true,
        };
        let is_set = is_set || (word == "additionalProperties" && schema.get(word).is_some());
        if is_set {
            forbid(word, rule);
        }
    }
    for word in ["x-kubernetes-list-map-keys", "x-kubernetes-validations"] {
        if !list(schema, word).is_empty() {
            forbid(word, "must be empty to be structural");
        }
    }
    if map(schema, "properties").any(|(name, _)| name == "metadata") {
        forbid(
            "properties[metadata]",
            "must not be specified in a nested context",
        );
    }
}

/// What the branches name must be named outside too (`complete.go`).
pub(super) fn check(
    rules: &Value,
    schema: &Value,
    schema_path: &str,
    path: &str,
    found: &mut Vec<Cause>,
) {
    let branches = ["allOf", "anyOf", "oneOf"].iter().flat_map(|word| {
        let branches = list(rules, word).iter().enumerate();
        branches.map(move |(index, branch)| (branch, format!("{path}.{word}[{index}]")))
    });
    let not = rules.get("not").map(|not| (not, format!("{path}.not")));
    for (branch, path) in branches.chain(not) {
        inside(branch, schema, schema_path, &path, found);
    }
}

fn inside(branch: &Value, schema: &Value, schema_path: &str, path: &str, found: &mut Vec<Cause>) {
    check(branch, schema, schema_path, path, found);
    let because = |path: &str| format!("because it is defined in {path}");
    if let Some(items) = branch.get("items").filter(|items| items.is_object()) {
        let (below, path) = (format!("{schema_path}.items"), format!("{path}.items"));
        match schema.get("items") {
            Some(schema) => inside(items, schema, &below, &path, found),
            None => found.push(Cause::required(below, &because(&path))),
        }
    }
    for (name, rules) in map(branch, "properties") {
        let below = format!("{schema_path}.properties[{name}]");
        let path = format!("{path}.properties[{name}]");
        match schema.get("properties").and_then(|p| p.get(name)) {
            Some(schema) => inside(rules, schema, &below, &path, found),
            None => found.push(Cause::required(below, &because(&path))),
        }
    }
}
