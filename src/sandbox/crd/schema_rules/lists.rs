//! How lists and maps are said to be merged (`x-kubernetes-list-type` and its like).

use serde_json::Value;

use super::{Cause, flag, list, text};

pub(super) fn check(schema: &Value, path: &str, found: &mut Vec<Cause>) {
    let at = |below: &str| format!("{path}.{below}");
    let kind = text(schema, "type");
    for (word, wanted, known) in [
        (
            "x-kubernetes-map-type",
            "object",
            &["atomic", "granular"][..],
        ),
        ("x-kubernetes-list-type", "array", &["atomic", "set", "map"]),
    ] {
        let Some(merged) = schema.get(word).and_then(Value::as_str) else {
            continue;
        };
        if kind != wanted {
            let rule = format!("must be {wanted} if {word} is specified");
            found.push(if kind.is_empty() {
                Cause::required(at("type"), &rule)
            } else {
                Cause::invalid(at("type"), &kind.into(), &rule)
            });
        }
        if !known.contains(&merged) {
            let known: Vec<String> = known.iter().map(|&word| word.to_owned()).collect();
            found.push(Cause::unsupported(at(word), &merged.into(), &known));
        }
    }
    let list_type = schema.get("x-kubernetes-list-type").and_then(Value::as_str);
    let keys = list(schema, "x-kubernetes-list-map-keys");
    let rule = "must be map if x-kubernetes-list-map-keys is non-empty";
    match list_type {
        Some("map") => map_list(schema, keys, path, found),
        Some(other) if !keys.is_empty() => found.push(Cause::invalid(
            at("x-kubernetes-list-type"),
            &other.into(),
            rule,
        )),
        None if !keys.is_empty() => {
            found.push(Cause::required(at("x-kubernetes-list-type"), rule));
        }
        _ => {}
    }
    let items = schema.get("items").unwrap_or(&Value::Null);
    if list_type == Some("set") {
        let rule = "must be atomic as item of a list with x-kubernetes-list-type=set";
        let (word, open) = match text(items, "type") {
            "array" => (
                "x-kubernetes-list-type",
                !matches!(text(items, "x-kubernetes-list-type"), "" | "atomic"),
            ),
            "object" => (
                "x-kubernetes-map-type",
                text(items, "x-kubernetes-map-type") != "atomic",
            ),
            _ => ("", false),
        };
        if open {
            let value = items.get(word).unwrap_or(&Value::Null);
            found.push(Cause::invalid(at(&format!("items.{word}")), value, rule));
        }
    }
    if let Some(list_type @ ("set" | "map")) = list_type
        && flag(items, "nullable")
    {
        found.push(Cause::forbidden(
            at("items.nullable"),
            &format!("cannot be nullable when x-kubernetes-list-type is {list_type}"),
        ));
    }
}

fn map_list(schema: &Value, keys: &[Value], path: &str, found: &mut Vec<Cause>) {
    let at = |below: &str| format!("{path}.{below}");
    if keys.is_empty() {
        found.push(Cause::required(
            at("x-kubernetes-list-map-keys"),
            "must not be empty if x-kubernetes-list-type is map",
        ));
    }
    let Some(items) = schema.get("items") else {
        found.push(Cause::required(
            at("items"),
            "must have a schema if x-kubernetes-list-type is map",
        ));
        return;
    };
    let kind = text(items, "type");
    if kind != "object" {
        found.push(Cause::invalid(
            at("items.type"),
            &kind.into(),
            "must be object if parent array's x-kubernetes-list-type is map",
        ));
        return;
    }
    let all = || Value::Array(keys.to_vec());
    let required = list(items, "required");
    for (index, key) in keys.iter().enumerate() {
        let name = key.as_str().unwrap_or_default();
        let below = |word: &str| at(&format!("items.properties[{name}].{word}"));
        let Some(property) = items.get("properties").and_then(|p| p.get(name)) else {
            found.push(Cause::invalid(
                at("x-kubernetes-list-map-keys"),
                &all(),
                "entries must all be names of item properties",
            ));
            continue;
        };
        if matches!(text(property, "type"), "array" | "object") {
            found.push(Cause::invalid(
                below("type"),
                &kind.into(),
                "must be a scalar type if parent array's x-kubernetes-list-type is map",
            ));
        }
        if keys.iter().take(index).any(|earlier| earlier == key) {
            found.push(Cause::invalid(
                at("x-kubernetes-list-map-keys"),
                &all(),
                "must not contain duplicate entries",
            ));
        }
        if !required.contains(key) && property.get("default").is_none_or(Value::is_null) {
            found.push(Cause::required(
                below("default"),
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be \
                 a required property",
            ));
        }
        if flag(property, "nullable") {
            found.push(Cause::forbidden(
                below("nullable"),
                "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
            ));
        }
    }
}
