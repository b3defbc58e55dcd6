//! Merging the elements of two lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    DELETE, Mode, PATCH, PatchError, PatchProblem, REPLACE,
    element::{Kind, deduplicate, identity, key_value, kind_of},
    merge_map,
    order::{self, Places},
    rule::ListRule,
};

/// Merges the patch into the list: maps by their merge key, scalars as a set. Elements of the patch
/// stand in the order of the patch, the others in their own, and both are interleaved.
pub(super) fn merge(
    original: Vec<Value>,
    patch: Vec<Value>,
    rule: &ListRule,
    mode: Mode,
    is_delete_list: bool,
) -> Result<Vec<Value>, PatchError> {
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let kind = kind_of(original.iter().chain(&patch))?;
    if kind != Kind::Map {
        if is_delete_list && mode == Mode::Apply {
            return Ok(without(original, &patch));
        }
        let key = rule.key.as_deref();
        let live = Places::of(&original, key);
        let wanted = Places::of(&patch, key);
        let mut merged = original;
        merged.extend(patch);
        return order::arrange(deduplicate(merged), &wanted, &live, key, kind);
    }
    let key = rule.declared_key()?;
    let (original, patch) = follow_directives(original, patch, key)?;
    let live = Places::of(&original, Some(key));
    let wanted = Places::of(&patch, Some(key));
    let merged = merge_maps(original, patch, key, rule, mode)?;
    order::arrange(merged, &wanted, &live, Some(key), kind)
}

fn without(list: Vec<Value>, deleted: &[Value]) -> Vec<Value> {
    let deleted: BTreeSet<String> = deleted.iter().map(Value::to_string).collect();
    list.into_iter()
        .filter(|element| !deleted.contains(&element.to_string()))
        .collect()
}

/// Takes the elements with `$patch` out of the patch, and does what they say.
fn follow_directives(
    original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let mut plain = Vec::with_capacity(patch.len());
    let mut deleted = BTreeSet::new();
    let mut is_replaced = false;
    for element in patch {
        match element.get(PATCH).map(Value::as_str) {
            None => plain.push(element),
            Some(Some(DELETE)) => {
                deleted.insert(key_value(&element, key)?.to_string());
            }
            Some(Some(REPLACE)) => is_replaced = true,
            Some(Some("merge")) => return Err(PatchProblem::MergeDirective.into()),
            Some(_) => return Err(PatchProblem::UnknownDirective.into()),
        }
    }
    if is_replaced {
        return Ok((plain, Vec::new()));
    }
    let mut kept = original;
    kept.retain(|element| {
        !element
            .get(key)
            .is_some_and(|value| deleted.contains(&value.to_string()))
    });
    Ok((kept, plain))
}

fn merge_maps(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
    rule: &ListRule,
    mode: Mode,
) -> Result<Vec<Value>, PatchError> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (index, element) in original.iter().enumerate() {
        if element.get(key).is_some() {
            places.entry(identity(element, Some(key))).or_insert(index);
        }
    }
    for element in patch {
        key_value(&element, key)?;
        let name = identity(&element, Some(key));
        let live = places.get(&name).and_then(|index| original.get_mut(*index));
        match (live, element) {
            (Some(Value::Object(live)), Value::Object(element)) => {
                *live = merge_map(std::mem::take(live), element, rule.items.as_ref(), mode)?;
            }
            (_, element) => {
                places.insert(name, original.len());
                original.push(element);
            }
        }
    }
    Ok(original)
}
