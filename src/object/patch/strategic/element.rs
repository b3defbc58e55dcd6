//! Elements of lists: their types, and the texts by which upstream compares and sorts them.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{DELETE, PATCH, PatchError, PatchProblem};

/// The type of an element as upstream tells types apart: whole and other numbers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Map,
    Scalar(&'static str),
}

/// The one type of all elements.
pub(super) fn kind_of<'a>(
    elements: impl IntoIterator<Item = &'a Value>,
) -> Result<Kind, PatchError> {
    let mut found = None;
    for element in elements {
        let kind = match element {
            Value::Object(_) => Kind::Map,
            Value::Array(_) => {
                return Err(if found.is_none() {
                    PatchProblem::ListOfLists
                } else {
                    PatchProblem::MixedElements
                }
                .into());
            }
            other => Kind::Scalar(type_name(other)),
        };
        // Upstream cannot tell the type of a null.
        if kind == Kind::Scalar("null") || found.is_some_and(|found| found != kind) {
            return Err(PatchProblem::MixedElements.into());
        }
        found = Some(kind);
    }
    found.ok_or_else(|| PatchProblem::NoElements.into())
}

/// The name of a type for messages.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "whole number",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    }
}

/// The element as a map.
pub(super) fn as_map(element: &Value) -> Result<&Map<String, Value>, PatchError> {
    element.as_object().ok_or_else(|| {
        PatchProblem::Type {
            expected: "map",
            received: type_name(element),
        }
        .into()
    })
}

/// The value of the merge key of an element.
pub(super) fn key_value<'a>(element: &'a Value, key: &str) -> Result<&'a Value, PatchError> {
    as_map(element)?
        .get(key)
        .ok_or_else(|| PatchProblem::NoMergeKey(key.to_owned()).into())
}

/// By what an element is told apart: its merge key, or itself. Equal texts are equal values.
pub(super) fn identity(element: &Value, key: Option<&str>) -> String {
    match key {
        None => element.to_string(),
        Some(key) => element
            .get(key)
            .map_or_else(|| Value::Null.to_string(), Value::to_string),
    }
}

/// Whether the element is `$patch: delete`.
pub(super) fn is_delete(element: &Value) -> bool {
    element
        .get(PATCH)
        .is_some_and(|directive| directive == DELETE)
}

/// Sorts by the texts of Go's `%v`. Upstream's way of sorting turns equal ones around.
pub(super) fn sort_by_text<T>(elements: &mut [T], value: impl Fn(&T) -> &Value) {
    elements.reverse();
    elements.sort_by(|one, other| compare_text(value(one), value(other)));
}

/// The order of two values by the texts of Go's `%v`.
pub(super) fn compare_text(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.cmp(other),
        _ => text(one).cmp(&text(other)),
    }
}

/// A scalar as Go's `%v` prints it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() => number.to_string(),
        Value::Number(number) => float_text(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

/// The shortest text of a float, with an exponent below 1e-4 and from 1e21 on.
fn float_text(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..21).contains(&exponent) {
        format!("{number}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}

/// Drops values that came before, moving the last one into each gap, as upstream does.
pub(super) fn deduplicate(mut values: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::BTreeSet::new();
    let mut index = 0;
    while let Some(value) = values.get(index) {
        if seen.insert(value.to_string()) {
            index += 1;
        } else {
            values.swap_remove(index);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prints_scalars_as_go_does() {
        for (value, printed) in [
            (json!(80), "80"),
            (json!(1.5), "1.5"),
            (json!(1.0), "1"),
            (json!(1e21), "1e+21"),
            (json!(123456789.0), "123456789"),
            (json!(0.00001), "1e-05"),
            (json!(true), "true"),
            (json!(null), "<nil>"),
            (json!("a"), "a"),
        ] {
            assert_eq!(text(&value), printed);
        }
    }

    #[test]
    fn tells_types_apart() {
        for (list, kind) in [
            (json!([1, 2]), Ok(Kind::Scalar("whole number"))),
            (json!([1, 2.5]), Err(PatchProblem::MixedElements.into())),
            (json!([{}, {}]), Ok(Kind::Map)),
            (json!([[], {}]), Err(PatchProblem::ListOfLists.into())),
            (json!([{}, "a"]), Err(PatchProblem::MixedElements.into())),
            (json!([]), Err(PatchProblem::NoElements.into())),
        ] {
            assert_eq!(kind_of(list.as_array().unwrap()), kind);
        }
    }
}
