//! What the OpenAPI definitions that `crds` names say about the fields of custom kinds.

use serde_json::Value;

use super::field_specs::{FieldSpecs, NameReference};
use crate::api::kustomization::FieldSpec;

/// The deepest nesting of definitions that is followed.
const MAX_DEPTH: usize = 32;

/// The field specs of all definitions that look like kinds.
///
/// # Errors
/// What a definition is where it is no map.
pub(super) fn specs_of(definitions: &Value) -> Result<FieldSpecs, &'static str> {
    let mut specs = FieldSpecs::default();
    for (name, definition) in definitions.as_object().into_iter().flatten() {
        if !matches!(definition, Value::Object(_) | Value::Null) {
            return Err(match definition {
                Value::String(_) => "string",
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                _ => "array",
            });
        }
        let properties = properties(definitions, name);
        let is_kind = ["kind", "apiVersion", "metadata"]
            .iter()
            .all(|field| properties.is_some_and(|own| own.contains_key(*field)));
        if is_kind {
            let kind = name.rsplit('.').next().unwrap_or(name).to_owned();
            collect(&mut specs, definitions, name, &kind, &mut Vec::new());
        }
    }
    Ok(specs)
}

fn properties<'a>(
    definitions: &'a Value,
    name: &str,
) -> Option<&'a serde_json::Map<String, Value>> {
    definitions
        .get(name)?
        .get("Schema")
        .or_else(|| definitions.get(name)?.get("schema"))?
        .get("properties")?
        .as_object()
}

fn collect(
    specs: &mut FieldSpecs,
    definitions: &Value,
    name: &str,
    kind: &str,
    path: &mut Vec<String>,
) {
    if path.len() > MAX_DEPTH {
        return;
    }
    for (field, property) in properties(definitions, name).into_iter().flatten() {
        let text = |key: &str| property.get(key).and_then(Value::as_str);
        path.push(field.clone());
        let spec = |more: Option<&str>| FieldSpec {
            kind: kind.to_owned(),
            path: path
                .iter()
                .map(String::as_str)
                .chain(more)
                .collect::<Vec<_>>()
                .join("/"),
            ..FieldSpec::default()
        };
        if text("x-kubernetes-annotation").is_some() {
            specs.common_annotations.push(spec(None));
        }
        if text("x-kubernetes-label-selector").is_some() {
            specs.common_labels.push(spec(None));
        }
        if text("x-kubernetes-identity").is_some() {
            specs.name_prefix.push(spec(None));
        }
        if let (Some(version), Some(referent)) = (
            text("x-kubernetes-object-ref-api-version"),
            text("x-kubernetes-object-ref-kind"),
        ) {
            let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
            specs.names.push(NameReference {
                group: String::new(),
                version: version.to_owned(),
                kind: referent.to_owned(),
                referrers: vec![spec(Some(key))],
            });
        }
        if let Some(inner) = text("$ref") {
            let inner = inner.strip_prefix("#/definitions/").unwrap_or(inner);
            collect(specs, definitions, inner, kind, path);
        }
        path.pop();
    }
}
