//! Lists whose elements are told apart by keys, merged as kustomize does it, oddities included.

use serde_json::{Map, Number, Value};

use super::{
    error::BuildError,
    merge::{DIRECTIVE, Directive, Merged, Merger, Patch, Sources},
    scalar,
    schema::Place,
};

impl Merger<'_> {
    /// Merges two lists by their keys; without keys the elements are scalars.
    pub(super) fn keyed_list(
        self,
        mut sources: Sources,
        keys: &[String],
        place: Option<&Place>,
    ) -> Result<Merged, BuildError> {
        let gone = Merged {
            value: None,
            is_dest: false,
        };
        let is_missing = sources.dest.as_ref().is_none_or(Value::is_null);
        let mut is_dest = true;
        let adopt = |sources: &mut Sources| {
            if let Patch::Own(value) = std::mem::replace(&mut sources.patch, Patch::Same) {
                sources.dest = Some(value);
            }
        };
        if is_missing {
            adopt(&mut sources);
            is_dest = false;
        } else if matches!(&sources.patch, Patch::Own(value) if value.is_null()) {
            return Ok(gone);
        } else {
            let directive = match (&mut sources.patch, &mut sources.dest) {
                (Patch::Own(Value::Array(items)), _) => list_directive(items)?,
                (Patch::Same, Some(Value::Array(items))) => list_directive(items)?,
                _ => Directive::Merge,
            };
            match directive {
                Directive::Delete => return Ok(gone),
                Directive::Replace => adopt(&mut sources),
                Directive::Merge => {}
            }
        }
        let Some(Value::Array(mut dest)) = sources.dest else {
            return Ok(gone);
        };
        let patch = match sources.patch {
            Patch::Own(Value::Array(items)) => Some(items),
            Patch::Same => None,
            _ => Some(Vec::new()),
        };
        let elements = place.and_then(Place::elements);
        let primitive = [String::new()];
        let keys = if keys.is_empty() {
            &primitive[..]
        } else {
            keys
        };
        let mut values = values_of(&dest, patch.as_deref(), keys);
        if keys.len() > 1 {
            complete(&mut values);
        }
        let mut added = Vec::new();
        let mut used_keys: Vec<String> = keys.to_vec();
        for own in &values {
            let (valid_keys, valid_values) = valid(&values, own, keys);
            used_keys.clone_from(&valid_keys);
            let (find_keys, find_values) = valid(
                std::slice::from_ref(&valid_values),
                &valid_values,
                &valid_keys,
            );
            let at = position(&dest, &find_keys, &find_values);
            let inner = Sources {
                dest: at.and_then(|at| dest.get(at).cloned()),
                patch: match &patch {
                    None => Patch::Same,
                    Some(patch) => position(patch, &find_keys, &find_values)
                        .and_then(|at| patch.get(at).cloned())
                        .map_or(Patch::Nothing, Patch::Own),
                },
            };
            let merged = self.walk(inner, elements.clone())?;
            let empty =
                |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
            let Some(mut value) = merged.value.filter(|value| !empty(value)) else {
                set(&mut dest, None, &valid_keys, &valid_values);
                continue;
            };
            for (key, text) in valid_keys.iter().zip(&valid_values) {
                if let Some(fields) = value.as_object_mut()
                    && !fields.contains_key(key)
                    && !text.is_empty()
                {
                    fields.insert(key.clone(), plain(text));
                }
            }
            if merged.is_dest
                && let Some(place) = at.and_then(|at| dest.get_mut(at))
            {
                *place = value.clone();
            }
            set(&mut added, Some(value), &valid_keys, &valid_values);
        }
        if !values.is_empty() {
            append(&mut added, dest, &used_keys)?;
            dest = added;
        }
        Ok(Merged {
            value: Some(Value::Array(dest)),
            is_dest,
        })
    }
}

/// A scalar without a tag, which is what it looks like.
fn plain(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(number) => Value::Number(Number::from(number)),
        Err(_) => Value::String(text.to_owned()),
    }
}

/// Takes the directive out of a list: an element that holds nothing else.
fn list_directive(items: &mut Vec<Value>) -> Result<Directive, BuildError> {
    let found = items
        .iter()
        .filter_map(Value::as_object)
        .find(|fields| fields.contains_key(DIRECTIVE));
    let Some(fields) = found.filter(|fields| fields.len() == 1) else {
        return Ok(Directive::Merge);
    };
    let word = fields.get(DIRECTIVE).map(scalar::text).unwrap_or_default();
    let directive = Directive::read(&word)?;
    set(items, None, &[DIRECTIVE.to_owned()], &[word]);
    Ok(directive)
}

/// The key values of all elements, those of the patch first, each once.
fn values_of(dest: &[Value], patch: Option<&[Value]>, keys: &[String]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for element in patch.unwrap_or_default().iter().chain(dest) {
        let values: Vec<String> = keys
            .iter()
            .map(|key| {
                if key.is_empty() {
                    return scalar::text(element);
                }
                let field = element.get(key).filter(|field| !field.is_null());
                field.map(scalar::text).unwrap_or_default()
            })
            .collect();
        if seen.insert(values.clone()) {
            found.push(values);
        }
    }
    found
}

/// Fills in what one element leaves open and another one, equal in the rest, says.
fn complete(values: &mut [Vec<String>]) {
    for left in 0..values.len() {
        for right in 0..values.len() {
            let pair = values.get(left).zip(values.get(right));
            if let Some(joined) = pair.and_then(|(left, right)| joined(left, right)) {
                for at in [left, right] {
                    if let Some(own) = values.get_mut(at) {
                        own.clone_from(&joined);
                    }
                }
            }
        }
    }
}

fn joined(left: &[String], right: &[String]) -> Option<Vec<String>> {
    let mut has_common = false;
    let mut all = Vec::new();
    for (one, other) in left.iter().zip(right) {
        if one == other {
            has_common = true;
            all.push(one.clone());
        } else if !one.is_empty() && !other.is_empty() {
            return None;
        } else if one.is_empty() {
            all.push(other.clone());
        } else {
            all.push(one.clone());
        }
    }
    has_common.then_some(all)
}

/// The keys that any of the lists has a value for, with the values of one.
fn valid(all: &[Vec<String>], own: &[String], keys: &[String]) -> (Vec<String>, Vec<String>) {
    let used: Vec<bool> = (0..keys.len())
        .map(|at| {
            all.iter()
                .any(|values| values.get(at).is_some_and(|value| !value.is_empty()))
        })
        .collect();
    if !used.contains(&true) {
        return (keys.to_vec(), own.to_vec());
    }
    let chosen = |list: &[String]| {
        list.iter()
            .zip(&used)
            .filter(|(_, used)| **used)
            .map(|(word, _)| word.clone())
            .collect()
    };
    (chosen(keys), chosen(own))
}

/// The first element with these key values.
fn position(list: &[Value], keys: &[String], values: &[String]) -> Option<usize> {
    if keys.first().is_none_or(String::is_empty) {
        let wanted = values.first()?;
        return list
            .iter()
            .position(|element| scalar::text(element) == *wanted);
    }
    list.iter().position(|element| {
        element.is_object()
            && keys.iter().zip(values).all(|(key, value)| {
                let field = element.get(key);
                field.is_some_and(|field| !field.is_null() && scalar::text(field) == *value)
            })
    })
}

/// Replaces the elements with these key values, or adds one; without an element they go away.
fn set(list: &mut Vec<Value>, element: Option<Value>, keys: &[String], values: &[String]) {
    let matches_maps = keys.first().is_some_and(|key| !key.is_empty())
        && values.first().is_some_and(|value| !value.is_empty());
    let mut was_found = false;
    let mut kept = Vec::with_capacity(list.len() + 1);
    for own in list.drain(..) {
        if own.is_null() || own.as_object().is_some_and(Map::is_empty) {
            continue;
        }
        if !own.is_object() && matches_maps {
            kept.push(own);
            continue;
        }
        let mut found = true;
        for (key, value) in keys.iter().zip(values) {
            found = if key.is_empty() {
                scalar::text(&own) == *value
            } else {
                own.get(key)
                    .is_some_and(|field| value.is_empty() || scalar::text(field) == *value)
            };
            if !found {
                break;
            }
        }
        if !found {
            if !values.is_empty() {
                kept.push(own);
            }
            continue;
        }
        was_found = true;
        if let Some(element) = &element {
            kept.push(element.clone());
        }
    }
    if let Some(element) = element
        && !was_found
    {
        kept.push(element);
    }
    *list = kept;
}

/// Puts what was there behind what the patch brought.
fn append(list: &mut Vec<Value>, more: Vec<Value>, keys: &[String]) -> Result<(), BuildError> {
    for element in more {
        if keys.first().is_none_or(String::is_empty) {
            let text = scalar::text(&element);
            set(list, Some(element), &[String::new()], &[text]);
            continue;
        }
        let mut values = Vec::new();
        for key in keys {
            if !element.is_object() && !element.is_null() {
                return Err(BuildError::new(format!(
                    "wrong node kind: expected MappingNode but got {}",
                    scalar::node_kind(&element)
                )));
            }
            match element.get(key) {
                None => list.push(element.clone()),
                Some(value) => values.push(scalar::text(value)),
            }
        }
        if keys.len() > 1 {
            set(list, None, keys, &values);
        }
        set(list, Some(element), keys, &values);
    }
    Ok(())
}
