//! What the specification of a definition must say
//! (`pkg/apis/apiextensions/validation/validation.go` of apiextensions).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    names::{label_1035, subdomain},
    schema_rules,
};
use crate::sandbox::error::Cause;

const COLUMN_TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: [&str; 8] = [
    "byte",
    "date",
    "date-time",
    "double",
    "float",
    "int32",
    "int64",
    "password",
];

/// Everything wrong with `spec`.
pub(super) fn check(spec: &Value) -> Vec<Cause> {
    let mut found = Vec::new();
    group(spec, &mut found);
    match text(spec, "scope") {
        "" => found.push(Cause::required("spec.scope", "")),
        "Cluster" | "Namespaced" => {}
        other => found.push(Cause::unsupported(
            "spec.scope",
            &other.into(),
            &["Cluster", "Namespaced"].map(str::to_owned),
        )),
    }
    let versions = list(spec, "versions");
    for (index, version) in versions.iter().enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none() {
            let path = format!("spec.versions[{index}].schema.openAPIV3Schema");
            found.push(Cause::required(path, ""));
        }
    }
    let mut seen = BTreeSet::new();
    let mut unique = true;
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        let name = text(version, "name");
        unique &= seen.insert(name);
        if let Some(error) = label_1035(name) {
            found.push(Cause::invalid(format!("{path}.name"), &name.into(), &error));
        }
        let own = |pointer: &str| {
            let part = version.pointer(pointer);
            part.filter(|_| common(versions, pointer).is_none())
        };
        check_deprecation(version, &path, &mut found);
        if let Some(schema) = own(SCHEMA) {
            found.extend(schema_rules::check(
                schema,
                &format!("{path}{}", dotted(SCHEMA)),
            ));
        }
        if let Some(scale) = own(SCALE) {
            check_scale(scale, &format!("{path}{}", dotted(SCALE)), &mut found);
        }
        if let Some(columns) = own(COLUMNS) {
            check_columns(columns, &format!("{path}{}", dotted(COLUMNS)), &mut found);
        }
    }
    if let Some(name) = versions.first().map(|version| text(version, "name"))
        && let Some(error) = label_1035(name)
    {
        found.push(Cause::invalid("spec.version", &name.into(), &error));
    }
    let all = shown_versions(versions);
    if !unique {
        let rule = "must contain unique version names";
        found.push(Cause::invalid_as("spec.versions", &all, rule));
    }
    if versions.iter().filter(|v| flag(v, "storage")).count() != 1 {
        let rule = "must have exactly one version marked as storage version";
        found.push(Cause::invalid_as("spec.versions", &all, rule));
    }
    check_names(spec.get("names").unwrap_or(&Value::Null), &mut found);
    if let Some(schema) = common(versions, SCHEMA) {
        let path = "spec.validation.openAPIV3Schema";
        found.extend(schema_rules::check(schema, path));
    }
    if let Some(scale) = common(versions, SCALE) {
        check_scale(scale, "spec.subresources.scale", &mut found);
    }
    if let Some(columns) = common(versions, COLUMNS) {
        check_columns(columns, "spec.additionalPrinterColumns", &mut found);
    }
    // Upstream also knows webhooks; nothing here could call one.
    match spec.pointer("/conversion/strategy").and_then(Value::as_str) {
        None | Some("None") => {}
        Some(other) => found.push(Cause::unsupported(
            "spec.conversion.strategy",
            &other.into(),
            &["None".to_owned()],
        )),
    }
    if flag(spec, "preserveUnknownFields") {
        found.push(Cause::invalid(
            "spec.preserveUnknownFields",
            &true.into(),
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in \
             spec.versions[*].schema instead",
        ));
    }
    found
}

/// Versions as Go shows its own form of them; what all have alike stands elsewhere there, and schemas that differ are
/// shown as they were written.
fn shown_versions(versions: &[Value]) -> String {
    let own = |version: &Value, pointer: &str| {
        let part = version.pointer(pointer);
        part.filter(|_| common(versions, pointer).is_none())
            .unwrap_or(&Value::Null)
            .clone()
    };
    let shown: Vec<String> = versions
        .iter()
        .map(|version| {
            let fields = [
                (
                    "Name",
                    version.get("name").cloned().unwrap_or_else(|| json!("")),
                ),
                ("Served", flag(version, "served").into()),
                ("Storage", flag(version, "storage").into()),
                ("Deprecated", flag(version, "deprecated").into()),
                (
                    "DeprecationWarning",
                    version
                        .get("deprecationWarning")
                        .cloned()
                        .unwrap_or_default(),
                ),
                ("Schema", own(version, SCHEMA)),
                ("Subresources", own(version, "/subresources")),
                ("AdditionalPrinterColumns", own(version, COLUMNS)),
                (
                    "SelectableFields",
                    version.get("selectableFields").cloned().unwrap_or_default(),
                ),
            ];
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name:?}:{value}"))
                .collect();
            format!("{{{}}}", fields.join(","))
        })
        .collect();
    format!("[{}]", shown.join(","))
}

/// What may not change once the definition is there; names and scope once it is established.
pub(super) fn check_update(spec: &Value, old: &Value, established: bool, found: &mut Vec<Cause>) {
    let established: &[&str] = if established {
        &["/scope", "/names/kind"]
    } else {
        &[]
    };
    for pointer in established.iter().chain(&["/group", "/names/plural"]) {
        let (new, old) = (spec.pointer(pointer), old.pointer(pointer));
        if new != old {
            found.push(Cause::invalid(
                format!("spec{}", pointer.replace('/', ".")),
                new.unwrap_or(&json!("")),
                "field is immutable",
            ));
        }
    }
}

fn group(spec: &Value, found: &mut Vec<Cause>) {
    let group = text(spec, "group");
    if group.is_empty() {
        found.push(Cause::required("spec.group", ""));
    } else if let Some(error) = subdomain(group) {
        found.push(Cause::invalid("spec.group", &group.into(), &error));
    } else if !group.contains('.') {
        let rule = "should be a domain with at least one dot";
        found.push(Cause::invalid("spec.group", &group.into(), rule));
    }
}

const SCHEMA: &str = "/schema/openAPIV3Schema";
const SCALE: &str = "/subresources/scale";
const COLUMNS: &str = "/additionalPrinterColumns";

/// What all versions say alike: upstream checks it once, as if it stood outside of the versions.
fn common<'a>(versions: &'a [Value], pointer: &str) -> Option<&'a Value> {
    let (first, others) = versions.split_first()?;
    let part = first.pointer(pointer)?;
    others
        .iter()
        .all(|version| version.pointer(pointer) == Some(part))
        .then_some(part)
}

fn dotted(pointer: &str) -> String {
    pointer.replace('/', ".")
}

fn check_deprecation(version: &Value, path: &str, found: &mut Vec<Cause>) {
    let warning = version.get("deprecationWarning").and_then(Value::as_str);
    if let Some(warning) = warning {
        let path = format!("{path}.deprecationWarning");
        let rule = if !flag(version, "deprecated") {
            "can only be set for deprecated versions"
        } else if warning.is_empty() {
            "must not be an empty string"
        } else if warning.len() > 256 {
            "must be <= 256 characters long"
        } else {
            ""
        };
        if !rule.is_empty() {
            found.push(Cause::invalid(path, &warning.into(), rule));
        }
    }
}

fn check_columns(columns: &Value, path: &str, found: &mut Vec<Cause>) {
    for (index, column) in columns.as_array().into_iter().flatten().enumerate() {
        check_column(column, &format!("{path}[{index}]"), found);
    }
}

fn check_scale(scale: &Value, path: &str, found: &mut Vec<Cause>) {
    for (name, prefixes, under) in [
        ("specReplicasPath", &[".spec."][..], ".spec"),
        ("statusReplicasPath", &[".status."], ".status"),
        (
            "labelSelectorPath",
            &[".spec.", ".status."],
            "either .spec or .status",
        ),
    ] {
        let (at, value) = (format!("{path}.{name}"), text(scale, name));
        if value.is_empty() {
            if name != "labelSelectorPath" {
                found.push(Cause::required(at, ""));
            }
        } else if !value.starts_with('.') {
            let rule = "must be a simple json path starting with .";
            found.push(Cause::invalid(at, &value.into(), rule));
        } else if !prefixes.iter().any(|prefix| value.starts_with(prefix)) {
            let rule = format!("should be a json path under {under}");
            found.push(Cause::invalid(at, &value.into(), &rule));
        }
    }
}

fn check_column(column: &Value, path: &str, found: &mut Vec<Cause>) {
    let at = |name: &str| format!("{path}.{name}");
    if text(column, "name").is_empty() {
        found.push(Cause::required(at("name"), ""));
    }
    let rule = format!("must be one of {}", COLUMN_TYPES.join(","));
    match text(column, "type") {
        "" => found.push(Cause::required(at("type"), &rule)),
        kind if !COLUMN_TYPES.contains(&kind) => {
            found.push(Cause::invalid(at("type"), &kind.into(), &rule));
        }
        _ => {}
    }
    let format = text(column, "format");
    if !format.is_empty() && !COLUMN_FORMATS.contains(&format) {
        let rule = format!("must be one of {}", COLUMN_FORMATS.join(","));
        found.push(Cause::invalid(at("format"), &format.into(), &rule));
    }
    match text(column, "jsonPath") {
        "" => found.push(Cause::required(at("JSONPath"), "")),
        path if !path.starts_with('.') => found.push(Cause::invalid(
            at("JSONPath"),
            &path.into(),
            "must be a simple json path starting with .",
        )),
        _ => {}
    }
}

fn check_names(names: &Value, found: &mut Vec<Cause>) {
    for name in ["plural", "singular", "kind", "listKind"] {
        if text(names, name).is_empty() {
            found.push(Cause::required(format!("spec.names.{name}"), ""));
        }
    }
    for (name, mixed) in [
        ("plural", false),
        ("singular", false),
        ("kind", true),
        ("listKind", true),
    ] {
        let value = text(names, name);
        let judged = if mixed {
            value.to_lowercase()
        } else {
            value.to_owned()
        };
        if let Some(error) = label_1035(&judged).filter(|_| !value.is_empty()) {
            let error = if mixed {
                format!("may have mixed case, but should otherwise match: {error}")
            } else {
                error
            };
            let at = format!("spec.names.{name}");
            found.push(Cause::invalid(at, &value.into(), &error));
        }
    }
    for name in ["shortNames", "categories"] {
        for (index, value) in list(names, name).iter().enumerate() {
            if let Some(error) = label_1035(value.as_str().unwrap_or_default()) {
                let at = format!("spec.names.{name}[{index}]");
                found.push(Cause::invalid(at, value, &error));
            }
        }
    }
    let (kind, list_kind) = (text(names, "kind"), text(names, "listKind"));
    if !kind.is_empty() && kind == list_kind {
        found.push(Cause::invalid(
            "spec.names.listKind",
            &list_kind.into(),
            "kind and listKind may not be the same",
        ));
    }
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
