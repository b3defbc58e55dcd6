//! How CustomResourceDefinitions are shown
//! (`pkg/registry/customresourcedefinition/tableconvertor` of apiextensions).

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{flag, list, text},
    column::{NAME, Printer, boolean, date, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("apiextensions.k8s.io", "CustomResourceDefinition"),
    columns: &[
        NAME,
        column("Scope", "Cluster or Namespaced."),
        column("Versions", "Served versions."),
        date("Created At", "When the definition was created."),
        column("Group", "API group.").wide(),
        column("Kind", "Kind of its objects.").wide(),
        column("ShortNames", "Short names.").wide(),
        boolean("Established", "Whether its objects are served.").wide(),
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, _now: Timestamp) -> Vec<Value> {
    let mut versions: Vec<String> = list(object, "spec.versions")
        .iter()
        .filter(|version| flag(*version, "served"))
        .map(|version| {
            let storage = if flag(version, "storage") {
                "(storage)"
            } else {
                ""
            };
            format!("{}{storage}", text(version, "name"))
        })
        .collect();
    versions.sort();
    let short_names: Vec<&str> = list(object, "spec.names.shortNames")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let is_established = list(object, "status.conditions").iter().any(|condition| {
        text(condition, "type") == "Established" && text(condition, "status") == "True"
    });
    vec![
        object.name().into(),
        text(object, "spec.scope").into(),
        versions.join(",").into(),
        text(object, "metadata.creationTimestamp").into(),
        text(object, "spec.group").into(),
        text(object, "spec.names.kind").into(),
        short_names.join(",").into(),
        is_established.into(),
    ]
}
