//! Whether an object is as Git wants it: what applying would make of it, compared with what it is.

use serde_json::{Map, Value};

use super::{normal, path};
use crate::{
    api::application::{LAST_APPLIED, MANAGER},
    object::{
        Object,
        patch::{apply::three_way, merge, strategic},
        schema::Schema,
    },
};

/// An object as it is and as it would be, both put into their normal form.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// As it is.
    pub live: Value,
    /// As it would be.
    pub predicted: Value,
}

impl Difference {
    /// Whether they differ.
    pub fn is_modified(&self) -> bool {
        self.live != self.predicted
    }
}

/// How an object is applied, and so compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The patch is made here, from the last applied manifest.
    ClientSide,
    /// The API server merges by field managers.
    ServerSide,
}

/// Compares; `pointers` lead to what is no drift.
pub fn compare(target: &Object, live: &Object, pointers: &[String], means: Means) -> Difference {
    let target = normal::target(target);
    let applied = last_applied(live);
    let owned = match means {
        Means::ServerSide => owned_fields(live),
        Means::ClientSide => None,
    };
    let live_value = live.to_value();
    // What neither Git nor the last apply speaks of belongs to others.
    let mut kept = target.clone();
    for more in applied.iter().chain(&owned) {
        cover(&mut kept, more);
    }
    let base = match means {
        Means::ClientSide => applied.unwrap_or_else(|| target.clone()),
        Means::ServerSide => kept.clone(),
    };
    let schema = Schema::of(&live.gvk());
    let predicted = schema.and_then(|schema| predict(&base, &target, &live_value, &schema));
    let finish = |mut value: Value| {
        for pointer in pointers {
            path::remove(&mut value, pointer);
        }
        normal::form(value, live.kind())
    };
    let narrowed = Difference {
        live: finish(narrow(&live_value, &kept)),
        predicted: finish(target),
    };
    let Some(predicted) = predicted else {
        return narrowed;
    };
    if !narrowed.is_modified() {
        return narrowed;
    }
    Difference {
        live: finish(live_value),
        predicted: finish(predicted),
    }
}

/// An object as it is shown beside another: without what the API server writes, and without status.
pub fn shown(object: &Object) -> Value {
    normal::form(object.to_value(), object.kind())
}

/// What the patch would make of the live object; `None` where there is no such patch.
fn predict(base: &Value, target: &Value, live: &Value, schema: &Schema) -> Option<Value> {
    let mut clean = live.clone();
    path::remove(&mut clean, "/metadata/managedFields");
    let patch = three_way(Some(base), target, &clean, Some(schema))
        .or_else(|_| three_way(Some(target), target, &clean, Some(schema)))
        .ok()?;
    let mut predicted = live.clone();
    match strategic::apply(&mut predicted, &patch, Some(schema)) {
        Ok(()) => Some(predicted),
        Err(_) => {
            let mut predicted = live.clone();
            merge::apply(&mut predicted, &patch);
            Some(predicted)
        }
    }
}

/// The manifest that was applied last, if the object still knows it.
pub fn last_applied(live: &Object) -> Option<Value> {
    let text = live.annotation(LAST_APPLIED)?;
    let value: Value = serde_json::from_str(text).ok()?;
    value.is_object().then_some(value)
}

/// The fields that we own by server-side apply, as a tree of empty maps.
fn owned_fields(live: &Object) -> Option<Value> {
    let managers = live.at(&["metadata", "managedFields"])?.as_array()?;
    let ours = managers.iter().find(|entry| {
        entry.get("manager").and_then(Value::as_str) == Some(MANAGER)
            && entry.get("operation").and_then(Value::as_str) == Some("Apply")
            && entry.get("subresource").is_none_or(|sub| sub == "")
    })?;
    fields(ours.get("fieldsV1")?)
}

fn fields(tree: &Value) -> Option<Value> {
    let mut map = Map::new();
    for (name, below) in tree.as_object()? {
        if let Some(field) = name.strip_prefix("f:") {
            map.insert(field.to_owned(), fields(below).unwrap_or(Value::Null));
        }
    }
    Some(Value::Object(map))
}

/// Adds the fields of another manifest, so that both are spoken of.
fn cover(kept: &mut Value, more: &Value) {
    let (Value::Object(kept), Value::Object(more)) = (kept, more) else {
        return;
    };
    for (name, value) in more {
        match kept.get_mut(name) {
            Some(before) => cover(before, value),
            None => {
                kept.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The live object with only those fields that a manifest speaks of; elements of lists are matched by place.
fn narrow(live: &Value, kept: &Value) -> Value {
    match (live, kept) {
        (Value::Object(live), Value::Object(kept)) => Value::Object(
            live.iter()
                .filter_map(|(name, value)| {
                    let below = kept.get(name)?;
                    Some((name.clone(), narrow(value, below)))
                })
                .collect(),
        ),
        (Value::Array(live), Value::Array(kept)) => Value::Array(
            live.iter()
                .enumerate()
                .map(|(at, value)| match kept.get(at) {
                    Some(below) => narrow(value, below),
                    None => value.clone(),
                })
                .collect(),
        ),
        (live, _) => live.clone(),
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
