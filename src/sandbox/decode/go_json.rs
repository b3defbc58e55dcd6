//! Values as Go prints them: JSON with the fields of structs in their order, and maps as `%v` has them.

use serde_json::{Map, Value};

use crate::{
    object::Gvk,
    sandbox::{
        error::escaped,
        protobuf::table::{self, Arity, Form, Kind, Message},
    },
};

/// An object as JSON, as it stands after a patch: what the patch went through has its fields sorted, all else has them
/// as its Go type does. `patch` is a merge patch; of another one its shape.
pub fn patched_json(gvk: &Gvk, object: &Value, patch: &Value) -> String {
    let message = table::of_kind(gvk).and_then(table::message);
    let mut text = String::new();
    write(message, object, Some(patch), &mut text);
    escaped(&text)
}

/// A value of a type, or a list of such, as JSON with the fields in their order.
pub fn struct_json(id: &str, value: &Value) -> String {
    let message = table::named(id);
    let mut text = String::new();
    let arity = if value.is_array() {
        Arity::List
    } else {
        Arity::One
    };
    member(arity, message, value, None, &mut text);
    escaped(&text)
}

fn write(
    message: Option<&'static Message>,
    value: &Value,
    patch: Option<&Value>,
    text: &mut String,
) {
    match value {
        Value::Object(map) => {
            let patch = patch.and_then(Value::as_object);
            let names: Vec<&String> = match message {
                Some(message) if patch.is_none() => ordered(message, map),
                _ => map.keys().collect(),
            };
            text.push('{');
            for (index, name) in names.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                let value = map.get(name).unwrap_or(&Value::Null);
                let (arity, below) = message.map_or((Arity::One, None), |it| held(it, name));
                let patch = patch.and_then(|patch| patch.get(name));
                member(arity, below, value, patch, text);
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// A field: one value, a list of them, or a map.
fn member(
    arity: Arity,
    below: Option<&'static Message>,
    value: &Value,
    patch: Option<&Value>,
    text: &mut String,
) {
    match (arity, value) {
        (Arity::List, Value::Array(items)) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(below, item, None, text);
            }
            text.push(']');
        }
        (Arity::Map, Value::Object(map)) => {
            text.push('{');
            for (index, (name, value)) in map.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                let patch = patch.and_then(|patch| patch.get(name));
                write(below, value, patch, text);
            }
            text.push('}');
        }
        _ => write(below, value, patch, text),
    }
}

/// The names of a map in the order of its type, those that it does not know behind.
fn ordered<'a>(message: &'static Message, map: &'a Map<String, Value>) -> Vec<&'a String> {
    let mut order = vec!["kind", "apiVersion"];
    if message
        .fields
        .iter()
        .any(|field| matches!(field.name, "kind" | "apiVersion"))
    {
        order.clear();
    }
    names_of(message, &mut order);
    let mut names: Vec<&String> = order
        .iter()
        .filter_map(|name| map.get_key_value(*name).map(|(name, _)| name))
        .collect();
    names.extend(map.keys().filter(|name| !order.contains(&name.as_str())));
    names
}

fn names_of(message: &'static Message, order: &mut Vec<&'static str>) {
    for field in &message.fields {
        match (field.is_inline(), field.kind) {
            (true, Kind::Message(place)) => {
                if let Some(inner) = table::message(place) {
                    names_of(inner, order);
                }
            }
            _ => order.push(field.name),
        }
    }
}

/// What a field of a struct holds.
fn held(message: &'static Message, name: &str) -> (Arity, Option<&'static Message>) {
    for field in &message.fields {
        let inner = match field.kind {
            Kind::Message(place) => table::message(place),
            _ => None,
        };
        if field.is_inline() {
            if let Some(inner) = inner
                && let found @ (_, Some(_)) = held(inner, name)
            {
                return found;
            }
        } else if field.name == name {
            let inner = inner.filter(|inner| inner.form == Form::Struct);
            return (field.arity, inner);
        }
    }
    (Arity::One, None)
}

/// A value as `%v` shows it when it was read from JSON.
pub fn go_value(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_value).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(map) => {
            let fields: Vec<String> = map
                .iter()
                .map(|(name, value)| format!("{name}:{}", go_value(value)))
                .collect();
            format!("map[{}]", fields.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_no_patch_went_through_are_in_the_order_of_the_type() {
        let gvk = Gvk::new("", "v1", "ConfigMap");
        let object = json!({"kind": "ConfigMap", "apiVersion": "v1", "data": {"b": 1, "a": "<"},
            "metadata": {"uid": "u", "name": "n", "managedFields": [{"time": "t", "manager": "m"}]}});
        assert_eq!(
            patched_json(&gvk, &object, &json!({"data": {"b": 1}})),
            r#"{"apiVersion":"v1","data":{"a":"\u003c","b":1},"kind":"ConfigMap","metadata":{"name":"n","uid":"u","managedFields":[{"manager":"m","time":"t"}]}}"#
        );
        let value = json!({"a": [1, "x", null], "b": {"c": true}});
        assert_eq!(go_value(&value), "map[a:[1 x <nil>] b:map[c:true]]");
    }
}
