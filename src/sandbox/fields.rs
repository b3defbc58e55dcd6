//! Fields of a document that its kind does not have, or not of that type, in the words of a server
//! written in Go.

use serde_json::Value;

use super::registry::Resource;
use crate::object::schema::{Schema, ValueType};

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Removes the fields that a resource does not know, and gives their paths, such as
/// `spec.template.spec.containers[0].foo`, sorted.
pub fn prune(resource: &Resource, value: &mut Value) -> Vec<String> {
    let mut removed = Vec::new();
    if let Some(structural) = &resource.structural {
        removed = structural.prune(value);
        if let (Some(schema), Some(metadata)) =
            (Schema::definition(OBJECT_META), value.get_mut("metadata"))
        {
            let mut path = "metadata".to_owned();
            prune_at(&schema, metadata, &mut path, &mut removed);
        }
    } else if let Some(schema) = resource.schema.as_ref().filter(|_| !resource.custom) {
        prune_at(schema, value, &mut String::new(), &mut removed);
    }
    removed.sort();
    removed
}

fn prune_at(schema: &Schema, value: &mut Value, path: &mut String, removed: &mut Vec<String>) {
    if schema.is_preserving_unknown() {
        return;
    }
    let length = path.len();
    match value {
        Value::Object(map) if schema.value_type() == ValueType::Object => {
            let values = schema.values();
            // A map without known fields and without a kind of values holds anything.
            if values.is_none() && schema.fields().is_empty() {
                return;
            }
            map.retain(|name, value| {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                let below = values.clone().or_else(|| schema.field(name));
                match &below {
                    Some(below) => prune_at(below, value, path, removed),
                    None => removed.push(path.clone()),
                }
                path.truncate(length);
                below.is_some()
            });
        }
        Value::Array(list) => {
            if let Some(items) = schema.items() {
                for (index, item) in list.iter_mut().enumerate() {
                    path.push_str(&format!("[{index}]"));
                    prune_at(&items, item, path, removed);
                    path.truncate(length);
                }
            }
        }
        _ => {}
    }
}

/// Why Go could not read a document into the type of a built-in resource, such as `json: cannot
/// unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`; never a value.
pub fn mismatch(resource: &Resource, value: &Value) -> Option<String> {
    let schema = resource.schema.as_ref().filter(|_| !resource.custom)?;
    let mut place = Place {
        holder: String::new(),
        path: String::new(),
    };
    mismatch_at(schema, value, &mut place)
}

/// Where a value stands: the Go type that has the field, and the path without indices.
struct Place {
    holder: String,
    path: String,
}

fn mismatch_at(schema: &Schema, value: &Value, place: &mut Place) -> Option<String> {
    let kind = schema.value_type();
    let fits = match (value, kind) {
        (Value::Null, _) | (_, ValueType::Any) => true,
        (Value::Object(_), ValueType::Object) | (Value::Array(_), ValueType::Array) => true,
        (Value::String(_), ValueType::String | ValueType::IntOrString) => true,
        (Value::String(_), ValueType::StringOrNumber) => true,
        (Value::Bool(_), ValueType::Boolean) => true,
        (Value::Number(_), ValueType::Number | ValueType::StringOrNumber) => true,
        (Value::Number(number), ValueType::Integer | ValueType::IntOrString) => !number.is_f64(),
        _ => false,
    };
    if !fits {
        let seen = match value {
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if kind == ValueType::Integer => format!("number {number}"),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            _ => "object".to_owned(),
        };
        return Some(format!(
            "json: cannot unmarshal {seen} into Go struct field {}.{} of type {}",
            place.holder,
            place.path,
            go_type(schema)
        ));
    }
    match value {
        Value::String(text) if schema.format() == Some("byte") => {
            let at = corrupt_at(text.as_bytes())?;
            Some(format!("illegal base64 data at input byte {at}"))
        }
        Value::Object(map) => map.iter().find_map(|(name, value)| {
            let (length, holder) = (place.path.len(), place.holder.clone());
            let below = match schema.values() {
                Some(values) => values,
                None => {
                    place.holder = short(schema).to_owned();
                    if length > 0 {
                        place.path.push('.');
                    }
                    place.path.push_str(name);
                    schema.field(name)?
                }
            };
            let found = mismatch_at(&below, value, place);
            place.path.truncate(length);
            place.holder = holder;
            found
        }),
        Value::Array(list) => {
            let items = schema.items()?;
            list.iter()
                .find_map(|item| mismatch_at(&items, item, place))
        }
        _ => None,
    }
}

/// Where Go finds a text not to be base64; line breaks are skipped, spare bits are not looked at.
fn corrupt_at(text: &[u8]) -> Option<usize> {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut left = text
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'))
        .peekable();
    while left.peek().is_some() {
        for place in 0..4 {
            match left.next() {
                None => return Some(text.len() - place),
                Some((_, byte)) if is_digit(byte) => {}
                Some((_, b'=')) if place >= 2 => {
                    // Two digits need two signs, and nothing may follow.
                    if place == 2 {
                        match left.next() {
                            Some((_, b'=')) => {}
                            Some((at, _)) => return Some(at),
                            None => return Some(text.len()),
                        }
                    }
                    return left.next().map(|(at, _)| at);
                }
                Some((at, _)) => return Some(at),
            }
        }
    }
    None
}

/// `DeploymentSpec` of `io.k8s.api.apps.v1.DeploymentSpec`.
fn short(schema: &Schema) -> &'static str {
    let name = schema.reference().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default()
}

fn go_type(schema: &Schema) -> String {
    if let Some(name) = schema.reference() {
        let mut parts = name.rsplit('.');
        let (kind, package) = (parts.next(), parts.next());
        return format!(
            "{}.{}",
            package.unwrap_or_default(),
            kind.unwrap_or_default()
        );
    }
    match schema.value_type() {
        ValueType::Integer if schema.format() == Some("int32") => "int32".to_owned(),
        ValueType::Integer => "int64".to_owned(),
        ValueType::Number => "float64".to_owned(),
        ValueType::Boolean => "bool".to_owned(),
        ValueType::Array => {
            let items = schema.items().map(|items| go_type(&items));
            format!("[]{}", items.unwrap_or_default())
        }
        ValueType::Object => {
            let values = schema.values().map(|values| go_type(&values));
            format!("map[string]{}", values.unwrap_or_default())
        }
        ValueType::String if schema.format() == Some("byte") => "[]uint8".to_owned(),
        _ => "string".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::registry::Registry;

    fn deployments() -> std::sync::Arc<Resource> {
        Registry::built_in()
            .find("apps", "v1", "deployments")
            .unwrap()
    }

    #[test]
    fn unknown_fields_go_and_are_told() {
        let mut value = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "labels": {"any": "thing"}, "colour": "red"},
            "spec": {"replica": 1, "template": {"spec": {"containers": [
                {"name": "c", "imagee": "x", "resources": {"limits": {"cpu": 1}}}]}}}});
        assert_eq!(
            prune(&deployments(), &mut value),
            [
                "metadata.colour",
                "spec.replica",
                "spec.template.spec.containers[0].imagee"
            ]
        );
        assert_eq!(
            value["spec"]["template"]["spec"]["containers"][0],
            json!({"name": "c", "resources": {"limits": {"cpu": 1}}})
        );
    }

    #[test]
    fn values_of_another_type_are_told_as_go_tells_them() {
        for (value, said) in [
            (json!({"spec": {"replicas": 1}}), None),
            (json!({"spec": {"replicas": null}}), None),
            (
                json!({"spec": {"replicas": "two"}}),
                Some(
                    "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
                ),
            ),
            (
                json!({"spec": {"template": {"spec": {"containers": [{"name": 1}]}}}}),
                Some(
                    "json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string",
                ),
            ),
            (
                json!({"metadata": {"labels": {"a": 1}}}),
                Some(
                    "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
                ),
            ),
            (
                json!({"spec": {"template": []}}),
                Some(
                    "json: cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
                ),
            ),
        ] {
            assert_eq!(mismatch(&deployments(), &value).as_deref(), said, "{value}");
        }
        let secrets = Registry::built_in().find("", "v1", "secrets").unwrap();
        for (text, at) in [
            ("YWJj", None),
            ("YQ==\n", None),
            ("", None),
            ("YQ=!", Some(3)),
            ("!", Some(0)),
            ("YWJjYW", Some(4)),
            ("YQ==YQ==", Some(4)),
        ] {
            let said = at.map(|at| format!("illegal base64 data at input byte {at}"));
            let value = json!({"data": {"a": text}});
            assert_eq!(mismatch(&secrets, &value), said, "{text}");
        }
    }
}
