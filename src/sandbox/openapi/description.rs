//! What is said of definitions and fields, for `kubectl explain`: the words of the published API, which `k8s-openapi`
//! carries.

use k8s_openapi::{
    api::core::v1::ConfigMap,
    schemars::{SchemaGenerator, generate::SchemaSettings},
};
use serde_json::{Map, Value};

use super::described::DESCRIBED;

const DESCRIPTION: &str = "description";

/// Adds descriptions to the schemas of a document, of the kinds in it and of all that these refer to.
pub(super) fn add(schemas: &mut Map<String, Value>) {
    let mut generator = SchemaGenerator::new(SchemaSettings::default());
    for (name, describe) in DESCRIBED {
        if schemas.contains_key(*name) {
            describe(&mut generator);
        }
    }
    for (name, described) in generator.take_definitions(false) {
        let schema = schemas.get_mut(&name).and_then(Value::as_object_mut);
        if let (Some(schema), Value::Object(described)) = (schema, described) {
            describe(schema, described);
        }
    }
}

/// What is said of `apiVersion`, `kind` and `metadata`, whatever the kind.
pub(super) fn of_every_object() -> Map<String, Value> {
    let mut generator = SchemaGenerator::new(SchemaSettings::default());
    let any = generator.subschema_for::<ConfigMap>();
    let reference = any.get("$ref").and_then(Value::as_str).unwrap_or_default();
    let name = reference.rsplit('/').next().unwrap_or_default();
    let described = generator.definitions().get(name);
    let fields = described.and_then(|described| described.get("properties")?.as_object());
    let texts = fields
        .into_iter()
        .flatten()
        .filter_map(|(name, field)| Some((name.clone(), field.get(DESCRIPTION)?.clone())));
    texts.collect()
}

fn describe(schema: &mut Map<String, Value>, mut described: Map<String, Value>) {
    if let Some(text) = described.remove(DESCRIPTION) {
        schema.insert(DESCRIPTION.to_owned(), text);
    }
    let fields = described
        .get_mut("properties")
        .and_then(Value::as_object_mut);
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let (Some(fields), Some(properties)) = (fields, properties) else {
        return;
    };
    for (name, property) in properties {
        let text = fields
            .get_mut(name)
            .and_then(|field| field.as_object_mut()?.remove(DESCRIPTION));
        if let (Some(property), Some(text)) = (property.as_object_mut(), text) {
            property.insert(DESCRIPTION.to_owned(), text);
        }
    }
}
