//! An applied configuration over a live object (`typed/merge.go`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::{
    element::PathElement,
    form::{Form, Keys, Options, Take},
};

/// The live object with all that the configuration says.
pub(super) fn merge_map(
    form: &Form,
    live: &Map<String, Value>,
    config: &Map<String, Value>,
) -> Map<String, Value> {
    let mut merged = live.clone();
    for (name, wanted) in config {
        let form = form.field_or_deduced(name).0;
        match merge(&form, live.get(name), Some(wanted)) {
            Some(value) => merged.insert(name.clone(), value),
            None => merged.remove(name),
        };
    }
    merged
}

/// One value over another; nothing when nothing is left.
fn merge(form: &Form, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    let Some(wanted) = config else {
        return live.cloned();
    };
    taken(form, form.options().of(config), live, wanted)
}

fn taken(form: &Form, options: Options, live: Option<&Value>, wanted: &Value) -> Option<Value> {
    match options.take() {
        Take::Scalar => Some(wanted.clone()),
        Take::Map => {
            let was = live
                .and_then(Value::as_object)
                .filter(|map| !map.is_empty());
            let is = wanted.as_object().filter(|map| !map.is_empty());
            match (was, is) {
                (None, None) => Some(wanted.clone()),
                _ if form.is_whole_map() => Some(wanted.clone()),
                (was, is) => {
                    let none = Map::new();
                    let merged = merge_map(form, was.unwrap_or(&none), is.unwrap_or(&none));
                    (!merged.is_empty()).then_some(Value::Object(merged))
                }
            }
        }
        Take::List => {
            let was = live
                .and_then(Value::as_array)
                .filter(|list| !list.is_empty());
            let is = wanted.as_array().filter(|list| !list.is_empty());
            match (form.keys(), was, is) {
                (None, _, _) | (_, None, None) => Some(wanted.clone()),
                (Some(keys), was, is) => {
                    let merged = merge_list(
                        &keys,
                        was.map_or(&[], Vec::as_slice),
                        is.map_or(&[], Vec::as_slice),
                    );
                    (!merged.is_empty()).then_some(Value::Array(merged))
                }
            }
        }
    }
}

/// Elements in the order of the configuration, with those of the live list between as they stood.
fn merge_list(keys: &Keys, live: &[Value], config: &[Value]) -> Vec<Value> {
    let keyed = |list: &[Value]| -> Vec<(PathElement, usize)> {
        let elements = list.iter().enumerate();
        elements
            .filter_map(|(place, item)| Some((keys.element(item).ok()?, place)))
            .collect()
    };
    let (left, right) = (keyed(live), keyed(config));
    // Elements that are there several times have no value to merge with.
    let mut was: BTreeMap<&PathElement, Option<&Value>> = BTreeMap::new();
    for (element, place) in &left {
        let value = live.get(*place);
        was.entry(element)
            .and_modify(|found| *found = None)
            .or_insert(value);
    }
    let is: BTreeMap<&PathElement, &Value> = right
        .iter()
        .filter_map(|(element, place)| Some((element, config.get(*place)?)))
        .collect();
    let mut shared: VecDeque<&PathElement> = right
        .iter()
        .map(|(element, _)| element)
        .filter(|element| was.contains_key(element))
        .collect();
    let mut next_shared = shared.pop_front();
    let mut done: BTreeSet<&PathElement> = BTreeSet::new();
    let mut merged = Vec::with_capacity(left.len().max(right.len()));
    let null = Value::Null;
    let both = |element: &PathElement| {
        let live = was.get(element).map(|value| value.unwrap_or(&null));
        merge(&keys.items, live, is.get(element).copied())
    };
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        let (ours, theirs) = (left.get(l), right.get(r));
        if let (Some((ours, _)), Some((theirs, _))) = (ours, theirs) {
            if ours == theirs {
                done.insert(ours);
                merged.extend(both(ours));
                l += 1;
                r += 1;
                next_shared = shared.pop_front();
                continue;
            }
            if is.contains_key(ours) && next_shared.is_some_and(|next| next != ours) {
                // Shared, but not the one whose turn it is.
                l += 1;
                continue;
            }
        }
        if let Some((ours, place)) = ours {
            if !is.contains_key(ours) {
                merged.extend(live.get(*place).cloned());
                l += 1;
                continue;
            }
            if done.contains(ours) {
                l += 1;
            }
        }
        if let Some((theirs, _)) = theirs {
            done.insert(theirs);
            merged.extend(both(theirs));
            r += 1;
            if next_shared == Some(theirs) {
                next_shared = shared.pop_front();
            }
        }
    }
    merged
}
