//! What Go writes of a value even when nothing is in it: fields without `omitempty`, structs, and defaults.

use serde_json::{Map, Value};

use super::defaults;
use crate::{
    object::Gvk,
    sandbox::protobuf::{
        absent,
        table::{self, Arity, Field, Form, Kind, Message},
    },
};

/// Adds to an object of a built-in kind the defaults, and the fields that its Go type always writes.
pub fn complete(gvk: &Gvk, object: &mut Map<String, Value>) {
    if let Some(message) = table::of_kind(gvk).and_then(table::message) {
        walk(message, object);
    }
}

/// An object of a built-in kind before anything is in it, without its kind.
pub fn blank(gvk: &Gvk) -> Map<String, Value> {
    let message = table::of_kind(gvk).and_then(table::message);
    let fields = message.into_iter().flat_map(|message| &message.fields);
    fields
        .filter_map(|field| Some((field.name.to_owned(), absent(field)?)))
        .collect()
}

/// Takes away what Go leaves out of structs when it is empty, as after a change of the version.
pub fn drop_empty(gvk: &Gvk, object: &mut Map<String, Value>) {
    if let Some(message) = table::of_kind(gvk).and_then(table::message) {
        drop_from(message, object);
    }
}

fn drop_from(message: &'static Message, map: &mut Map<String, Value>) {
    for field in &message.fields {
        if let (Arity::One, Some(inner), Some(Value::Object(below))) =
            (field.arity, held(field), map.get_mut(field.name))
        {
            drop_from(inner, below);
        }
        let is_empty = map.get(field.name).is_some_and(|value| match value {
            Value::Null => held(field).is_none(),
            Value::Bool(is_set) => !is_set,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty() && field.arity == Arity::Map,
        });
        if is_empty && field.omits_empty && !field.is_pointer {
            map.remove(field.name);
        }
    }
}

/// Makes the structs, sets the defaults in them, then goes below, where those may have made more.
fn walk(message: &'static Message, map: &mut Map<String, Value>) {
    fill(message, map);
    set_defaults(message, map);
    for field in &message.fields {
        if let Some(value) = map.get_mut(field.name) {
            walk_below(field, value);
        }
    }
}

/// The defaults of a struct and of those that are shown as a part of it.
fn set_defaults(message: &'static Message, map: &mut Map<String, Value>) {
    defaults::set(message.id, map);
    for field in message.fields.iter().filter(|field| field.is_inline()) {
        if let Some(inner) = held(field) {
            set_defaults(inner, map);
            for field in &inner.fields {
                if let Some(value) = map.get_mut(field.name) {
                    walk_below(field, value);
                }
            }
        }
    }
}

fn fill(message: &'static Message, map: &mut Map<String, Value>) {
    for field in &message.fields {
        if field.is_inline() {
            if let Some(inner) = held(field)
                && !field.is_pointer
            {
                fill(inner, map);
            }
            continue;
        }
        if !map.contains_key(field.name)
            && let Some(value) = absent(field)
        {
            map.insert(field.name.to_owned(), value);
        }
    }
}

fn walk_below(field: &Field, value: &mut Value) {
    let Some(message) = held(field) else {
        return;
    };
    match (field.arity, value) {
        (Arity::One, Value::Object(map)) => walk(message, map),
        (Arity::List, Value::Array(items)) => {
            let maps = items.iter_mut().filter_map(Value::as_object_mut);
            maps.for_each(|map| walk(message, map));
        }
        (Arity::Map, Value::Object(map)) => {
            let maps = map.values_mut().filter_map(Value::as_object_mut);
            maps.for_each(|map| walk(message, map));
        }
        _ => {}
    }
}

/// The struct that a field holds, if it holds one.
fn held(field: &Field) -> Option<&'static Message> {
    let Kind::Message(place) = field.kind else {
        return None;
    };
    table::message(place).filter(|message| message.form == Form::Struct)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn structs_and_fields_without_omitempty_are_written() {
        let mut role = Map::new();
        complete(
            &Gvk::new("rbac.authorization.k8s.io", "v1", "Role"),
            &mut role,
        );
        assert_eq!(Value::Object(role), json!({"metadata": {}, "rules": null}));
        let Value::Object(mut deployment) =
            json!({"status": {"conditions": [{"type": "Available", "status": "True"}]}})
        else {
            unreachable!()
        };
        complete(&Gvk::new("apps", "v1", "Deployment"), &mut deployment);
        let status = json!({"conditions": [{"type": "Available", "status": "True",
            "lastUpdateTime": null, "lastTransitionTime": null}]});
        assert_eq!(deployment["status"], status);
    }
}
