//! Three-way apply: the patch that `kubectl apply` sends.

use serde_json::{Map, Value};

use super::{
    PatchError, PatchProblem, merge,
    strategic::{self, Mode, diff},
};
use crate::object::schema::Schema;

/// The patch that brings `current` to `modified`, deleting only what was in `original` (the last
/// applied configuration): a strategic merge patch with a schema (`CreateThreeWayMergePatch`), a JSON
/// merge patch without (`CreateThreeWayJSONMergePatch`). `{}` if nothing is to be done.
///
/// # Errors
/// [`PatchError`] names the field; without a schema it also refuses a change of `apiVersion`, `kind`
/// or name.
pub fn three_way(
    original: Option<&Value>,
    modified: &Value,
    current: &Value,
    schema: Option<&Schema>,
) -> Result<Value, PatchError> {
    let empty = Map::new();
    let original = match original {
        None => &empty,
        Some(original) => map_of(original)?,
    };
    let (modified, current) = (map_of(modified)?, map_of(current)?);
    let patch = match schema {
        Some(_) => strategic_patch(original, modified, current, schema)?,
        None => merge_patch(original, modified, current)?,
    };
    Ok(Value::Object(patch))
}

fn map_of(value: &Value) -> Result<&Map<String, Value>, PatchError> {
    value.as_object().ok_or_else(|| PatchProblem::NotMap.into())
}

fn strategic_patch(
    original: &Map<String, Value>,
    modified: &Map<String, Value>,
    current: &Map<String, Value>,
    schema: Option<&Schema>,
) -> Result<Map<String, Value>, PatchError> {
    let changes = diff::maps(current, modified, schema, diff::Options::CHANGES)?;
    let deletions = diff::maps(original, modified, schema, diff::Options::DELETIONS)?;
    strategic::merge_map(deletions, changes, schema, Mode::Combine)
}

fn merge_patch(
    original: &Map<String, Value>,
    modified: &Map<String, Value>,
    current: &Map<String, Value>,
) -> Result<Map<String, Value>, PatchError> {
    let changes = without_nulls(merge::create_map(current, modified));
    let deletions = nulls_only(merge::create_map(original, modified));
    let mut patch = Value::Object(deletions);
    merge::apply(&mut patch, &Value::Object(changes));
    let Value::Object(patch) = patch else {
        return Err(PatchProblem::NotMap.into());
    };
    let is_renamed = patch
        .get("metadata")
        .is_some_and(|metadata| metadata.get("name").is_some());
    if patch.contains_key("apiVersion") || patch.contains_key("kind") || is_renamed {
        return Err(PatchProblem::Identity.into());
    }
    Ok(patch)
}

/// A merge patch without its deletions; maps that are empty by themselves stay.
fn without_nulls(patch: Map<String, Value>) -> Map<String, Value> {
    patch
        .into_iter()
        .filter_map(|(field, value)| match value {
            Value::Null => None,
            Value::Object(map) if !map.is_empty() => {
                let kept = without_nulls(map);
                (!kept.is_empty()).then_some((field, Value::Object(kept)))
            }
            other => Some((field, other)),
        })
        .collect()
}

/// A merge patch with its deletions alone.
fn nulls_only(patch: Map<String, Value>) -> Map<String, Value> {
    patch
        .into_iter()
        .filter_map(|(field, value)| match value {
            Value::Null => Some((field, Value::Null)),
            Value::Object(map) => {
                let kept = nulls_only(map);
                (!kept.is_empty()).then_some((field, Value::Object(kept)))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
