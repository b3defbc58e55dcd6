//! Which schemas of definitions are structural, and otherwise in order
//! (`pkg/apiserver/schema/validation.go` and `pkg/apis/apiextensions/validation` of apiextensions).

use serde_json::{Map, Value};

use super::structural::{self, Structural};
use crate::sandbox::error::Cause;

mod lists;
mod nested;

/// Types of values.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Words of JSON schema that a definition may not use.
const NOT_SUPPORTED: [&str; 7] = [
    "$ref",
    "additionalItems",
    "definitions",
    "dependencies",
    "externalDocs",
    "id",
    "patternProperties",
];

/// Where a schema stands.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Root,
    Item,
    Field,
}

/// Everything wrong with the schema of one version, at a path such as
/// `spec.versions[0].schema.openAPIV3Schema`.
pub(super) fn check(schema: &Value, path: &str) -> Vec<Cause> {
    let mut found = Vec::new();
    if flag(schema, "nullable") {
        found.push(Cause::forbidden(
            format!("{path}.nullable"),
            "nullable cannot be true at the root",
        ));
    }
    let mut structure = Vec::new();
    invariants(schema, Level::Root, path, &mut structure);
    nested::check(schema, schema, path, path, &mut structure);
    structure.sort_by_key(ToString::to_string);
    let is_structural = structure.is_empty();
    found.extend(structure);
    words(schema, path, true, None, &mut found);
    if is_structural && found.is_empty() {
        defaults(schema, path, &mut found);
    }
    found
}

/// What holds for each schema outside of `allOf` and its like.
fn invariants(schema: &Value, level: Level, path: &str, found: &mut Vec<Cause>) {
    let kind = text(schema, "type");
    let embedded = flag(schema, "x-kubernetes-embedded-resource");
    let preserve = flag(schema, "x-kubernetes-preserve-unknown-fields");
    let int_or_string = flag(schema, "x-kubernetes-int-or-string");
    let at = |below: &str| format!("{path}.{below}");
    match schema.get("items") {
        Some(items) if items.is_object() => {
            invariants(items, Level::Item, &at("items"), found);
        }
        _ if kind == "array" => found.push(Cause::required(at("items"), "must be specified")),
        _ => {}
    }
    for (name, below) in map(schema, "properties") {
        let path = at(&format!("properties[{name}]"));
        invariants(below, Level::Field, &path, found);
    }
    if let Some(additional) = schema.get("additionalProperties") {
        let path = at("additionalProperties");
        if level == Level::Root {
            found.push(Cause::forbidden(&path, "must not be used at the root"));
        }
        if additional.is_object() {
            invariants(additional, Level::Field, &path, found);
        }
        if embedded {
            found.push(Cause::forbidden(
                path,
                "must not be used if x-kubernetes-embedded-resource is set",
            ));
        }
    }
    for (word, is_set) in [
        ("x-kubernetes-preserve-unknown-fields", preserve),
        ("x-kubernetes-embedded-resource", embedded),
    ] {
        if int_or_string && is_set {
            found.push(Cause::invalid(
                at(word),
                &true.into(),
                "must be false if x-kubernetes-int-or-string is true",
            ));
        }
    }
    nested::values(schema, path, found);
    if embedded && kind != "object" {
        let rule = "must be object if x-kubernetes-embedded-resource is true";
        found.push(if kind.is_empty() {
            Cause::required(at("type"), rule)
        } else {
            Cause::invalid(at("type"), &kind.into(), rule)
        });
    } else if kind.is_empty() && !int_or_string && !preserve {
        let rule = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        found.push(Cause::required(at("type"), rule));
    }
    if level == Level::Root && !kind.is_empty() && kind != "object" {
        let rule = "must be object at the root";
        found.push(Cause::invalid(at("type"), &kind.into(), rule));
    }
    metadata(schema, level, embedded, path, found);
    if embedded && !preserve && map(schema, "properties").next().is_none() {
        found.push(Cause::required(
            at("properties"),
            "must not be empty if x-kubernetes-embedded-resource is true without \
             x-kubernetes-preserve-unknown-fields",
        ));
    }
}

/// `apiVersion` and `kind` are texts; of `metadata`, a schema may only restrict the names.
fn metadata(schema: &Value, level: Level, embedded: bool, path: &str, found: &mut Vec<Cause>) {
    let is_object = level == Level::Root || embedded;
    let property = |name: &str| schema.get("properties").and_then(|p| p.get(name));
    for name in ["kind", "apiVersion"] {
        if let Some(kind) = property(name).map(|schema| text(schema, "type"))
            && is_object
            && kind != "string"
        {
            found.push(Cause::invalid(
                format!("{path}.properties[{name}].type"),
                &kind.into(),
                "must be string",
            ));
        }
    }
    let Some(metadata) = property("metadata") else {
        return;
    };
    let path = format!("{path}.properties[metadata]");
    if is_object && text(metadata, "type") != "object" {
        let kind = text(metadata, "type").into();
        found.push(Cause::invalid(
            format!("{path}.type"),
            &kind,
            "must be object",
        ));
    }
    let only_names = map(metadata, "properties")
        .all(|(name, _)| matches!(name.as_str(), "name" | "generateName"))
        && metadata
            .as_object()
            .into_iter()
            .flatten()
            .all(|(word, value)| {
                matches!(
                    word.as_str(),
                    "type" | "properties" | "description" | "title"
                ) || value.is_null()
            })
        && text(metadata, "description").is_empty()
        && text(metadata, "title").is_empty();
    if level == Level::Root && !only_names {
        found.push(Cause::forbidden(
            path,
            "must not specify anything other than name and generateName, but metadata is \
             implicitly specified",
        ));
    }
}

/// The words of JSON schema that may be used, and how the extensions go together.
fn words(
    schema: &Value,
    path: &str,
    root: bool,
    no_defaults: Option<&str>,
    found: &mut Vec<Cause>,
) {
    let at = |below: &str| format!("{path}.{below}");
    let kind = text(schema, "type");
    if kind == "null" {
        found.push(Cause::forbidden(
            at("type"),
            "type cannot be set to null, use nullable as an alternative",
        ));
    }
    if !kind.is_empty() && !TYPES.contains(&kind) {
        let known = TYPES.map(str::to_owned);
        found.push(Cause::unsupported(at("type"), &kind.into(), &known));
    }
    if let (Some(why), Some(_)) = (no_defaults, schema.get("default").filter(|d| !d.is_null())) {
        found.push(Cause::forbidden(
            at("default"),
            &format!("must not be set {why}"),
        ));
    }
    for word in NOT_SUPPORTED {
        if word != "externalDocs" && schema.get(word).is_some_and(|value| !value.is_null()) {
            let rule = format!("{word} is not supported");
            found.push(Cause::forbidden(at(word), &rule));
        }
    }
    if flag(schema, "uniqueItems") {
        found.push(Cause::forbidden(
            at("uniqueItems"),
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        ));
    }
    let additional = schema.get("additionalProperties");
    if map(schema, "properties").next().is_some()
        && additional.is_some_and(|additional| *additional != Value::Bool(true))
    {
        found.push(Cause::forbidden(
            at("additionalProperties"),
            "additionalProperties and properties are mutual exclusive",
        ));
    }
    if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        found.push(Cause::invalid(
            at("x-kubernetes-preserve-unknown-fields"),
            &false.into(),
            "must be true or undefined",
        ));
    }
    lists::check(schema, path, found);
    for (index, rule) in list(schema, "x-kubernetes-validations").iter().enumerate() {
        if text(rule, "rule").trim().is_empty() {
            found.push(Cause::required(
                at(&format!("x-kubernetes-validations[{index}].rule")),
                "rule is not specified",
            ));
        }
    }
    if let Some(additional) = additional.filter(|additional| additional.is_object()) {
        words(
            additional,
            &at("additionalProperties"),
            false,
            no_defaults,
            found,
        );
    }
    for (name, below) in map(schema, "properties") {
        let meta = root && matches!(name.as_str(), "metadata" | "kind" | "apiVersion");
        let why = format!("in top-level {name}");
        let why = if meta {
            Some(why.as_str())
        } else {
            no_defaults
        };
        words(
            below,
            &at(&format!("properties[{name}]")),
            false,
            why,
            found,
        );
    }
    for word in ["not", "items"] {
        match schema.get(word) {
            Some(below) if below.is_object() => words(below, &at(word), false, no_defaults, found),
            Some(Value::Array(_)) => found.push(Cause::forbidden(
                at(word),
                "items must be a schema object and not an array",
            )),
            _ => {}
        }
    }
    for word in ["allOf", "oneOf", "anyOf"] {
        for (index, below) in list(schema, word).iter().enumerate() {
            words(
                below,
                &at(&format!("{word}[{index}]")),
                false,
                no_defaults,
                found,
            );
        }
    }
}

/// Defaults must be valid themselves and hold no unknown fields.
fn defaults(schema: &Value, path: &str, found: &mut Vec<Cause>) {
    if let Some(default) = schema.get("default").filter(|d| !d.is_null())
        && let Ok(structural) = Structural::read(schema)
    {
        let path = format!("{path}.default");
        let mut pruned = default.clone();
        structural.prune_value(&mut pruned);
        if pruned != *default {
            let rule = "must not have unknown fields";
            found.push(Cause::invalid(&path, default, rule));
        }
        for mut error in structural.validate(default) {
            error.field = match error.field.as_str() {
                "" => path.clone(),
                "<nil>" => error.field,
                below => format!("{path}.{below}"),
            };
            found.push(error);
        }
    }
    for (name, below) in map(schema, "properties") {
        defaults(below, &format!("{path}.properties[{name}]"), found);
    }
    for word in ["items", "additionalProperties"] {
        if let Some(below) = schema.get(word).filter(|below| below.is_object()) {
            defaults(below, &format!("{path}.{word}"), found);
        }
    }
}

/// A pattern that is no regular expression.
fn pattern(schema: &Value, path: &str, found: &mut Vec<Cause>) {
    let written = text(schema, "pattern");
    if let Err(error) = structural::pattern(written) {
        let rule = format!("must be a valid regular expression, but isn't: {error}");
        found.push(Cause::invalid(
            format!("{path}.pattern"),
            &written.into(),
            &rule,
        ));
    }
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn text<'a>(schema: &'a Value, name: &str) -> &'a str {
    schema.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(schema: &'a Value, name: &str) -> &'a [Value] {
    schema
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn map<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    schema
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
}

#[cfg(test)]
mod tests;
