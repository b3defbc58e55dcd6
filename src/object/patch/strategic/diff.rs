//! The strategic merge patch that turns one object into another.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{
    DELETE, DELETE_FROM_PRIMITIVE_LIST, PATCH, PatchError, PatchProblem, RETAIN_KEYS,
    SET_ELEMENT_ORDER,
    element::{Kind, compare_text, deduplicate, identity, key_value, kind_of, sort_by_text},
    order::{Places, sorted},
    rule::{ListRule, field_schema, list_rule, replaces, retains_keys},
};
use crate::object::schema::Schema;

/// What a difference holds.
#[derive(Clone, Copy, Debug)]
pub(in crate::object::patch) struct Options {
    ignores_changes: bool,
    ignores_deletions: bool,
    builds_retain_keys: bool,
}

impl Options {
    /// Changes, additions and deletions.
    pub(in crate::object::patch) const ALL: Self = Self {
        ignores_changes: false,
        ignores_deletions: false,
        builds_retain_keys: false,
    };
    /// Changes and additions.
    pub(in crate::object::patch) const CHANGES: Self = Self {
        ignores_deletions: true,
        ..Self::ALL
    };
    /// Deletions.
    pub(in crate::object::patch) const DELETIONS: Self = Self {
        ignores_changes: true,
        ..Self::ALL
    };
}

/// The patch that turns one map into the other.
pub(in crate::object::patch) fn maps(
    original: &Map<String, Value>,
    modified: &Map<String, Value>,
    schema: Option<&Schema>,
    options: Options,
) -> Result<Map<String, Value>, PatchError> {
    let mut patch = Map::new();
    for (field, new) in modified {
        match (original.get(field), new) {
            (Some(old), new) if field == PATCH => {
                if !old.is_string() || !new.is_string() {
                    return Err(PatchProblem::UnknownDirective.into());
                }
                if old != new {
                    patch.insert(field.clone(), new.clone());
                }
            }
            (Some(Value::Object(old)), Value::Object(new)) => {
                map_field(field, old, new, &mut patch, schema, options)?;
            }
            (Some(Value::Array(old)), Value::Array(new)) => {
                list_field(field, old, new, &mut patch, schema, options)?;
            }
            (old, new) => {
                if !options.ignores_changes && old != Some(new) {
                    patch.insert(field.clone(), new.clone());
                }
            }
        }
    }
    if !options.ignores_deletions {
        for field in original.keys() {
            if !modified.contains_key(field) {
                patch.insert(field.clone(), Value::Null);
            }
        }
    }
    if options.builds_retain_keys {
        let retained: Vec<Value> = modified
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, _)| field.as_str().into())
            .collect();
        let is_more_cleared = || {
            original
                .iter()
                .any(|(field, value)| !value.is_null() && !modified.contains_key(field))
        };
        if !retained.is_empty() && (!patch.is_empty() || is_more_cleared()) {
            patch.insert(RETAIN_KEYS.to_owned(), Value::Array(retained));
        }
    }
    Ok(patch)
}

fn map_field(
    field: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    patch: &mut Map<String, Value>,
    schema: Option<&Schema>,
    options: Options,
) -> Result<(), PatchError> {
    let below = match field_schema(schema, field) {
        Ok(below) => below,
        Err(_) if old == new => return Ok(()),
        Err(error) => return Err(error),
    };
    let below = below.as_ref();
    if replaces(below) {
        if !options.ignores_changes {
            patch.insert(field.to_owned(), Value::Object(new.clone()));
        }
        return Ok(());
    }
    let options = Options {
        builds_retain_keys: retains_keys(below),
        ..options
    };
    let inner = maps(old, new, below, options).map_err(|error| error.under(field))?;
    if !inner.is_empty() {
        patch.insert(field.to_owned(), Value::Object(inner));
    }
    Ok(())
}

fn list_field(
    field: &str,
    old: &[Value],
    new: &[Value],
    patch: &mut Map<String, Value>,
    schema: Option<&Schema>,
    options: Options,
) -> Result<(), PatchError> {
    let rule = match list_rule(schema, field) {
        Ok(rule) => rule,
        Err(_) if old == new => return Ok(()),
        Err(error) => return Err(error),
    };
    if !rule.merges {
        if !options.ignores_changes && old != new {
            patch.insert(field.to_owned(), Value::Array(new.to_vec()));
        }
        return Ok(());
    }
    let options = Options {
        builds_retain_keys: rule.retains_keys,
        ..options
    };
    let lists = lists(old, new, &rule, options).map_err(|error| error.under(field))?;
    for (name, list) in [
        (field.to_owned(), lists.patch),
        (
            format!("{DELETE_FROM_PRIMITIVE_LIST}/{field}"),
            lists.deleted,
        ),
        (format!("{SET_ELEMENT_ORDER}/{field}"), lists.order),
    ] {
        if !list.is_empty() {
            patch.insert(name, Value::Array(list));
        }
    }
    Ok(())
}

/// The lists that a merging list takes in a patch; empty ones are not written.
#[derive(Default)]
struct Lists {
    patch: Vec<Value>,
    deleted: Vec<Value>,
    order: Vec<Value>,
}

fn lists(
    old: &[Value],
    new: &[Value],
    rule: &ListRule,
    options: Options,
) -> Result<Lists, PatchError> {
    let mut lists = Lists::default();
    if old.is_empty() {
        if !options.ignores_changes {
            lists.patch = new.to_vec();
        }
        return Ok(lists);
    }
    let kind = kind_of(old.iter().chain(new))?;
    if kind != Kind::Map {
        scalars(old, new, &mut lists, options);
        lists.patch = arranged(lists.patch, new, rule.key.as_deref(), kind);
        return Ok(lists);
    }
    let key = rule.declared_key()?;
    let (patch, deleted) = lists_of_maps(old, new, key, rule, options)?;
    lists.patch = arranged(patch, new, Some(key), kind);
    lists.patch.extend(deleted);
    let has_same_order = old.len() == new.len()
        && old
            .iter()
            .zip(new)
            .all(|(old, new)| identity(old, Some(key)) == identity(new, Some(key)));
    let is_changed = !options.ignores_changes && (!lists.patch.is_empty() || !has_same_order);
    let is_cut = !options.ignores_deletions && !lists.patch.is_empty();
    if is_changed || is_cut {
        lists.order = new
            .iter()
            .map(|element| Ok(json!({ key: key_value(element, key)? })))
            .collect::<Result<_, PatchError>>()?;
    }
    Ok(lists)
}

fn arranged(patch: Vec<Value>, new: &[Value], key: Option<&str>, kind: Kind) -> Vec<Value> {
    let named = patch
        .into_iter()
        .map(|element| (identity(&element, key), element))
        .collect();
    sorted(named, &Places::of(new, key), kind)
        .into_iter()
        .map(|(_, element)| element)
        .collect()
}

fn scalars(old: &[Value], new: &[Value], lists: &mut Lists, options: Options) {
    let sorted = |list: &[Value]| {
        let mut sorted = list.to_vec();
        sort_by_text(&mut sorted, |value| value);
        sorted
    };
    let old = sorted(old);
    for pair in Pairs::new(&old, &sorted(new), |value| value) {
        match pair {
            (Some(old), None) if !options.ignores_deletions => lists.deleted.push(old.clone()),
            (None, Some(new)) if !options.ignores_changes => lists.patch.push(new.clone()),
            _ => {}
        }
    }
    lists.deleted = deduplicate(std::mem::take(&mut lists.deleted));
    // Upstream compares the sorted old list with the new one as it is.
    if (!options.ignores_deletions && !lists.deleted.is_empty())
        || (!options.ignores_changes && old != new)
    {
        lists.order = new.to_vec();
    }
}

/// The changed and added elements, and directives that delete those that are gone.
fn lists_of_maps(
    old: &[Value],
    new: &[Value],
    key: &str,
    rule: &ListRule,
    options: Options,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let keyed = |list| -> Result<Vec<(&Value, &Map<String, Value>)>, PatchError> {
        let mut keyed = Vec::new();
        for element in list {
            if let (value, Value::Object(map)) = (key_value(element, key)?, element) {
                keyed.push((value, map));
            }
        }
        sort_by_text(&mut keyed, |(value, _)| value);
        Ok(keyed)
    };
    let (old, new) = (keyed(old)?, keyed(new)?);
    let mut patch = Vec::new();
    let mut deleted = Vec::new();
    for pair in Pairs::new(&old, &new, |(value, _)| value) {
        match pair {
            (Some((_, old)), Some((value, new))) => {
                let mut inner = maps(old, new, rule.items.as_ref(), options)?;
                if !inner.is_empty() {
                    inner.insert(key.to_owned(), (*value).clone());
                    patch.push(Value::Object(inner));
                }
            }
            (None, Some((_, new))) if !options.ignores_changes => {
                patch.push(Value::Object((*new).clone()));
            }
            (Some((value, _)), None) if !options.ignores_deletions => {
                deleted.push(json!({ key: value, PATCH: DELETE }));
            }
            _ => {}
        }
    }
    Ok((patch, deleted))
}

/// Walks two sorted lists side by side, pairing equal elements.
struct Pairs<'a, T, F> {
    old: &'a [T],
    new: &'a [T],
    value: F,
}

impl<'a, T, F: Fn(&T) -> &Value> Pairs<'a, T, F> {
    fn new(old: &'a [T], new: &'a [T], value: F) -> Self {
        Self { old, new, value }
    }
}

impl<'a, T, F: Fn(&T) -> &Value> Iterator for Pairs<'a, T, F> {
    type Item = (Option<&'a T>, Option<&'a T>);

    fn next(&mut self) -> Option<Self::Item> {
        let (takes_old, takes_new) = match (self.old.first(), self.new.first()) {
            (None, None) => return None,
            (Some(_), None) => (true, false),
            (None, Some(_)) => (false, true),
            (Some(old), Some(new)) => {
                let order = compare_text((self.value)(old), (self.value)(new));
                (order != Ordering::Greater, order != Ordering::Less)
            }
        };
        let mut pair = (None, None);
        if let (true, Some((first, rest))) = (takes_old, self.old.split_first()) {
            pair.0 = Some(first);
            self.old = rest;
        }
        if let (true, Some((first, rest))) = (takes_new, self.new.split_first()) {
            pair.1 = Some(first);
            self.new = rest;
        }
        Some(pair)
    }
}
