//! The resources that a custom resource definition adds.

use std::sync::Arc;

use serde_json::Value;

use super::resource::{PrinterColumn, Resource, ScalePaths, Subresource};
use crate::{
    object::{Gvk, Object, schema::Schema},
    sandbox::crd::Structural,
};

const VERBS: &[&str] = &[
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
];

/// One resource for each served version; what cannot be read is left out.
pub(super) fn resources(definition: &Object) -> Vec<Arc<Resource>> {
    let versions = || {
        definition
            .at(&["spec", "versions"])
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let Some(storage) = versions()
        .find(|version| flag(version, "storage"))
        .map(|version| text(version, "name"))
    else {
        return Vec::new();
    };
    versions()
        .filter(|version| flag(version, "served"))
        .filter_map(|version| resource(definition, version, &storage))
        .map(Arc::new)
        .collect()
}

fn resource(definition: &Object, version: &Value, storage: &str) -> Option<Resource> {
    let group = definition.at(&["spec", "group"])?.as_str()?;
    let names = definition.at(&["spec", "names"])?;
    let kind = text(names, "kind");
    let gvk = Gvk::new(group, text(version, "name"), kind.clone());
    let open_api = version.pointer("/schema/openAPIV3Schema");
    let structural = open_api
        .and_then(|schema| Structural::read(schema).ok())
        .map(Arc::new);
    let subresources = version.get("subresources");
    let has_status = subresources.is_some_and(|s| s.get("status").is_some_and(|s| !s.is_null()));
    let scale = subresources.and_then(|s| s.get("scale")).and_then(scale);
    let or = |name: String, default: String| if name.is_empty() { default } else { name };
    Some(Resource {
        plural: text(names, "plural"),
        singular: or(text(names, "singular"), kind.to_lowercase()),
        list_kind: or(text(names, "listKind"), format!("{kind}List")),
        namespaced: definition.at(&["spec", "scope"])?.as_str()? == "Namespaced",
        short_names: texts(names.get("shortNames")),
        categories: texts(names.get("categories")),
        verbs: VERBS.iter().map(|&verb| verb.to_owned()).collect(),
        subresources: [
            has_status.then(|| subresource("status", gvk.clone())),
            scale
                .is_some()
                .then(|| subresource("scale", Gvk::new("autoscaling", "v1", "Scale"))),
        ]
        .into_iter()
        .flatten()
        .collect(),
        has_status,
        scale,
        schema: open_api.map(Schema::structural),
        custom: true,
        structural,
        open_api: open_api.cloned().map(Arc::new),
        columns: columns(version),
        storage: Gvk::new(group, storage, kind),
        deprecation: flag(version, "deprecated").then(|| {
            or(
                text(version, "deprecationWarning"),
                format!("{} {} is deprecated", gvk.api_version(), gvk.kind),
            )
        }),
        gvk,
    })
}

fn subresource(name: &str, gvk: Gvk) -> Subresource {
    Subresource {
        name: name.to_owned(),
        gvk,
        verbs: ["get", "patch", "update"].map(str::to_owned).into(),
    }
}

fn scale(scale: &Value) -> Option<ScalePaths> {
    let path = |name| {
        let path = scale.get(name)?.as_str()?.trim_start_matches('.');
        (!path.is_empty()).then(|| path.to_owned())
    };
    Some(ScalePaths {
        spec: path("specReplicasPath")?,
        status: path("statusReplicasPath")?,
        selector: path("labelSelectorPath"),
    })
}

fn columns(version: &Value) -> Vec<PrinterColumn> {
    version
        .get("additionalPrinterColumns")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|column| PrinterColumn {
            name: text(column, "name"),
            kind: text(column, "type"),
            format: text(column, "format"),
            description: text(column, "description"),
            priority: column.get("priority").and_then(Value::as_i64).unwrap_or(0),
            json_path: text(column, "jsonPath"),
        })
        .collect()
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}
