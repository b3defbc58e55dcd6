//! Values of a Rollout's arguments, and their places in metrics (upstream `utils/analysis/factory.go`,
//! `utils/template/template.go`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::compose::Hashes;
use crate::object::Object;

/// Why an argument of a Rollout has no value, in the original's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// A part of `metadata` that is not offered.
    #[error("unsupported fieldPath: {0}")]
    Unsupported(String),
    /// `metadata.name['x']`.
    #[error("fieldPath {0:?} does not support subscript")]
    Subscript(String),
    /// The Rollout has nothing there.
    #[error("invalid path {0} in rollout")]
    Path(String),
    /// A list is asked for a word.
    #[error("invalid index '{0}'")]
    Index(String),
    /// A list is too short.
    #[error("index {0} out of range")]
    Range(usize),
    /// A list or a map is there.
    #[error("path {0} in rollout must terminate in a primitive value")]
    NotPrimitive(String),
}

/// An argument of a Rollout's analysis with its value found: `{name, value}`.
///
/// # Errors
/// [`ArgumentError`].
pub fn of_rollout(
    arg: &Value,
    rollout: &Object,
    hashes: Hashes<'_>,
) -> Result<Value, ArgumentError> {
    let own = arg.get("value").and_then(Value::as_str).unwrap_or_default();
    let from = |field: &str| arg.get("valueFrom")?.get(field);
    let value = match from("podTemplateHashValue").and_then(Value::as_str) {
        Some("Latest") => hashes.latest.to_owned(),
        Some("Stable") => hashes.stable.to_owned(),
        Some(_) => own.to_owned(),
        None => match from("fieldRef").and_then(|field| field.get("fieldPath")?.as_str()) {
            Some(path) if path.starts_with("metadata") => metadata(rollout, path)?,
            Some(path) => field(rollout, path)?,
            None => own.to_owned(),
        },
    };
    Ok(json!({"name": arg.get("name"), "value": value}))
}

/// As the downward API reads metadata.
fn metadata(rollout: &Object, path: &str) -> Result<String, ArgumentError> {
    let subscripted = path
        .strip_suffix("']")
        .and_then(|inner| inner.split_once("['"))
        .filter(|(start, _)| !start.is_empty());
    if let Some((start, key)) = subscripted {
        let value = match start {
            "metadata.annotations" => rollout.annotation(key),
            "metadata.labels" => rollout.label(key),
            _ => return Err(ArgumentError::Subscript(path.to_owned())),
        };
        return Ok(value.unwrap_or_default().to_owned());
    }
    let lines = |map: BTreeMap<&str, &str>| {
        let lines: Vec<String> = map
            .into_iter()
            .map(|(key, value)| format!("{key}={value:?}"))
            .collect();
        lines.join("\n")
    };
    Ok(match path {
        "metadata.annotations" => lines(rollout.annotations()),
        "metadata.labels" => lines(rollout.labels()),
        "metadata.name" => rollout.name().to_owned(),
        "metadata.namespace" => rollout.namespace().unwrap_or_default().to_owned(),
        "metadata.uid" => rollout.uid().unwrap_or_default().to_owned(),
        _ => return Err(ArgumentError::Unsupported(path.to_owned())),
    })
}

/// Any other field, by dots and by indexes in brackets.
fn field(rollout: &Object, path: &str) -> Result<String, ArgumentError> {
    let whole = rollout.to_value();
    let missing = || ArgumentError::Path(path.to_owned());
    let mut at = &whole;
    for section in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        at = match at {
            Value::Array(list) => {
                let index: usize = section
                    .parse()
                    .map_err(|_| ArgumentError::Index(section.to_owned()))?;
                list.get(index).ok_or(ArgumentError::Range(index))?
            }
            Value::Object(map) => map.get(section).unwrap_or(&Value::Null),
            _ => return Err(missing()),
        };
    }
    match at {
        Value::Null => Err(missing()),
        Value::Array(_) | Value::Object(_) => Err(ArgumentError::NotPrimitive(path.to_owned())),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(printed(number.as_f64().unwrap_or_default())),
    }
}

/// A number as Go's `%v` prints a `float64`, which is what its JSON numbers are.
fn printed(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(power) if !(-4..6).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", power.abs())
        }
        _ => number.to_string(),
    }
}

/// Puts values in the place of `{{args.name}}`, in every text of a value; `values` is by name, without `args.`.
///
/// # Errors
/// The last place that names no argument, in the original's words.
pub fn substitute(value: &mut Value, values: &BTreeMap<String, String>) -> Result<(), String> {
    let mut unresolved = None;
    walk(value, values, &mut unresolved);
    unresolved.map_or(Ok(()), Err)
}

fn walk(value: &mut Value, values: &BTreeMap<String, String>, unresolved: &mut Option<String>) {
    match value {
        Value::String(text) if text.contains("{{") => {
            *text = resolved(text, values, unresolved);
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|value| walk(value, values, unresolved)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| walk(value, values, unresolved)),
        _ => {}
    }
}

fn resolved(
    text: &str,
    values: &BTreeMap<String, String>,
    unresolved: &mut Option<String>,
) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        made.push_str(before);
        let Some((tag, behind)) = after.split_once("}}") else {
            *unresolved = Some(format!(
                "Cannot find end tag=\"}}}}\" in the template={text:?} starting from {after:?}"
            ));
            return made;
        };
        let name = tag.trim().strip_prefix("args.");
        match name.and_then(|name| values.get(name)) {
            Some(value) => made.push_str(value),
            None => *unresolved = Some(format!("failed to resolve {{{{{tag}}}}}")),
        }
        rest = behind;
    }
    made.push_str(rest);
    made
}
