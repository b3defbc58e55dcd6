//! Strategic merge patch (`apimachinery/pkg/util/strategicpatch`), as the API server applies it and
//! `kubectl apply` makes it.
//!
//! The merge runs in one of two [`Mode`]s; another reader of the same directives with other rules
//! (such as kustomize, which puts patch elements first) gets a mode of its own.

use serde_json::{Map, Value};

use super::{PatchError, PatchProblem};
use crate::object::schema::Schema;

pub(super) mod diff;
mod element;
mod list;
mod order;
mod rule;

use rule::{field_schema, list_rule};

pub(super) const PATCH: &str = "$patch";
pub(super) const DELETE: &str = "delete";
pub(super) const REPLACE: &str = "replace";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const SET_ELEMENT_ORDER: &str = "$setElementOrder";
pub(super) const DELETE_FROM_PRIMITIVE_LIST: &str = "$deleteFromPrimitiveList";

/// What a patch is merged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// An object: directives are followed, nulls remove.
    Apply,
    /// Another patch: directives and nulls are kept for whoever applies the result.
    Combine,
}

/// Merges the patch into the target; on an error the target is as it was.
///
/// Without a schema maps merge, lists are replaced, and the directives still hold. The schema of a
/// built-in kind must know each map and list that the patch merges.
///
/// # Errors
/// [`PatchError`] names the field.
pub fn apply(target: &mut Value, patch: &Value, schema: Option<&Schema>) -> Result<(), PatchError> {
    let (Value::Object(original), Value::Object(patch)) = (&*target, patch) else {
        return Err(PatchProblem::NotMap.into());
    };
    let merged = merge_map(original.clone(), patch.clone(), schema, Mode::Apply)?;
    *target = Value::Object(merged);
    Ok(())
}

/// The strategic merge patch that turns one object into the other (`CreateTwoWayMergePatch`).
///
/// # Errors
/// [`PatchError`] names the field.
pub fn create(
    original: &Value,
    modified: &Value,
    schema: Option<&Schema>,
) -> Result<Value, PatchError> {
    let (Value::Object(original), Value::Object(modified)) = (original, modified) else {
        return Err(PatchProblem::NotMap.into());
    };
    diff::maps(original, modified, schema, diff::Options::ALL).map(Value::Object)
}

pub(super) fn merge_map(
    mut original: Map<String, Value>,
    mut patch: Map<String, Value>,
    schema: Option<&Schema>,
    mode: Mode,
) -> Result<Map<String, Value>, PatchError> {
    if let Some(directive) = patch.remove(PATCH) {
        return match directive.as_str() {
            Some(REPLACE) => Ok(patch),
            Some(DELETE) => Ok(Map::new()),
            _ => Err(PatchProblem::UnknownDirective.into()),
        };
    }
    retain_keys(&mut original, &mut patch, mode)?;
    order::merge_ordered_lists(&mut original, &mut patch, schema, mode)?;
    for (field, value) in patch {
        merge_field(&mut original, &field, value, schema, mode)?;
    }
    Ok(original)
}

fn merge_field(
    original: &mut Map<String, Value>,
    field: &str,
    value: Value,
    schema: Option<&Schema>,
    mode: Mode,
) -> Result<(), PatchError> {
    let is_delete_list = field.starts_with(DELETE_FROM_PRIMITIVE_LIST);
    if is_delete_list && mode == Mode::Combine {
        original.insert(field.to_owned(), value);
        return Ok(());
    }
    let field = if is_delete_list {
        field_of(field, DELETE_FROM_PRIMITIVE_LIST).ok_or(PatchProblem::DeleteFromPrimitiveList)?
    } else {
        field
    };
    if value.is_null() {
        original.remove(field);
        if mode == Mode::Combine {
            original.insert(field.to_owned(), value);
        }
        return Ok(());
    }
    match (original.get_mut(field), value) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            let below = field_schema(schema, field)?;
            let merged = if rule::replaces(below.as_ref()) {
                new
            } else {
                merge_map(std::mem::take(old), new, below.as_ref(), mode)
                    .map_err(|error| error.under(field))?
            };
            *old = merged;
        }
        (Some(Value::Array(old)), Value::Array(new)) => {
            let rule = list_rule(schema, field)?;
            let merged = if rule.merges || is_delete_list {
                list::merge(std::mem::take(old), new, &rule, mode, is_delete_list)
                    .map_err(|error| error.under(field))?
            } else {
                new
            };
            *old = merged;
        }
        _ if is_delete_list => {}
        (_, mut value) => {
            if mode == Mode::Apply {
                drop_nulls(&mut value);
            }
            if drop_directives(&mut value) {
                original.insert(field.to_owned(), value);
            } else {
                original.remove(field);
            }
        }
    }
    Ok(())
}

/// The field that a directive such as `$setElementOrder/containers` speaks of.
pub(super) fn field_of<'a>(directive: &'a str, prefix: &str) -> Option<&'a str> {
    directive.strip_prefix(prefix)?.strip_prefix('/')
}

/// Removes what the patch does not retain; in a combination the directive goes over to the original.
fn retain_keys(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    mode: Mode,
) -> Result<(), PatchError> {
    let Some(retained) = patch.remove(RETAIN_KEYS) else {
        return Ok(());
    };
    if mode == Mode::Combine {
        if *original
            .entry(RETAIN_KEYS)
            .or_insert_with(|| retained.clone())
            != retained
        {
            return Err(PatchProblem::RetainKeys.into());
        }
        return Ok(());
    }
    let retained = retained.as_array().ok_or(PatchProblem::RetainKeys)?;
    let is_retained = |field: &str| retained.iter().any(|one| one.as_str() == Some(field));
    for (field, value) in patch.iter() {
        let is_directive =
            field.starts_with(DELETE_FROM_PRIMITIVE_LIST) || field.starts_with(SET_ELEMENT_ORDER);
        if !value.is_null() && !is_directive && !is_retained(field) {
            return Err(PatchProblem::RetainKeys.into());
        }
    }
    original.retain(|field, _| is_retained(field));
    Ok(())
}

/// Drops the null fields of maps, in lists too; null elements stay.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Drops maps that are directives; false if the value itself is one.
fn drop_directives(value: &mut Value) -> bool {
    match value {
        Value::Object(map) => {
            if map.contains_key(PATCH) {
                return false;
            }
            map.retain(|_, value| drop_directives(value));
        }
        Value::Array(list) => list.retain_mut(drop_directives),
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests;
