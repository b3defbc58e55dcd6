//! Fields of JSON and YAML documents that a scalar of a resource holds.

use serde_json::Value;

use super::{
    super::{
        hash::go_json,
        path_match::{self, Make},
        scalar,
    },
    replacement::put,
};
use crate::{
    api::kustomization::FieldOptions,
    object::yaml::{self, Dialect, Document, ReadOptions},
};

/// Sets a field of a JSON or YAML document that a scalar holds, and tells whether there is one.
pub(super) fn set(root: &mut Value, words: &[String], make: Make, value: &Value) -> bool {
    for end in 1..words.len() {
        let (front, rest) = words.split_at(end);
        let Ok(Some(Value::String(text))) = path_match::lookup(root, front) else {
            continue;
        };
        let text = text.clone();
        let Some(documents) = read(&text) else {
            continue;
        };
        let Some(document) = documents.into_iter().next() else {
            return false;
        };
        let mut changed = document.value.clone();
        let count = path_match::visit(&mut changed, rest, make, &mut |field, is_new| {
            if scalar::is_scalar(field) {
                put(field, is_new, value, &FieldOptions::default())
            } else {
                *field = value.clone();
                Ok(())
            }
        });
        if !matches!(count, Ok(count) if count > 0) {
            return false;
        }
        let written = written_like(&text, &document, &changed);
        let set = path_match::visit(root, front, Make::Nothing, &mut |field, _| {
            *field = Value::String(written.clone());
            Ok(())
        });
        return matches!(set, Ok(count) if count > 0);
    }
    false
}

fn read(text: &str) -> Option<Vec<Document>> {
    let options = ReadOptions {
        dialect: Dialect::Kustomize,
        positions: true,
        ..ReadOptions::default()
    };
    yaml::read(text.as_bytes(), &options).ok()
}

/// Writes a document as the one it was read from: JSON in one line or in many, or YAML as it stands.
fn written_like(text: &str, document: &Document, changed: &Value) -> String {
    if !text.trim_start().starts_with(['{', '[']) {
        let edited = edited(text, document, changed);
        return edited.unwrap_or_else(|| yaml::write(changed).trim().to_owned());
    }
    if text.contains('\n') && text.contains("  ") {
        return serde_json::to_string_pretty(changed).unwrap_or_default();
    }
    go_json(changed)
}

/// The text of a YAML document with other scalars in their places, so that order, comments and quotes stay.
/// Nothing where more than scalars of one line changes.
fn edited(text: &str, document: &Document, changed: &Value) -> Option<String> {
    let mut pointers = Vec::new();
    changes(&document.value, changed, String::new(), &mut pointers)?;
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for (pointer, value) in pointers {
        let start = document.position(&pointer)?.offset;
        let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let is_flow = text.get(line_start..start)?.contains(['{', '[']);
        let (length, written) = token(text.get(start..)?, is_flow, &value)?;
        edits.push((start, start + length, written));
    }
    edits.sort();
    let mut done = String::new();
    let mut here = 0;
    for (start, end, written) in edits {
        done.push_str(text.get(here..start)?);
        done.push_str(&written);
        here = end;
    }
    done.push_str(text.get(here..)?);
    let again = read(&done)?.into_iter().next()?;
    (again.value == *changed).then(|| done.trim().to_owned())
}

/// Where two values of one shape have other scalars; nothing where their shapes differ.
fn changes(
    before: &Value,
    after: &Value,
    pointer: String,
    found: &mut Vec<(String, Value)>,
) -> Option<()> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) if before.len() == after.len() => {
            for (name, value) in before {
                let word = name.replace('~', "~0").replace('/', "~1");
                changes(value, after.get(name)?, format!("{pointer}/{word}"), found)?;
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                changes(before, after, format!("{pointer}/{index}"), found)?;
            }
        }
        (before, after) if before == after => {}
        (before, after) if scalar::is_scalar(before) && scalar::is_scalar(after) => {
            found.push((pointer, after.clone()));
        }
        _ => return None,
    }
    Some(())
}

/// The length of the scalar that a text starts with, and what to write in its place, in its own quotes.
fn token(text: &str, is_flow: bool, value: &Value) -> Option<(usize, String)> {
    if let Some(rest) = text.strip_prefix('\'') {
        let mut end = 0;
        loop {
            end += rest.get(end..)?.find('\'')? + 1;
            if !rest.get(end..)?.starts_with('\'') {
                break;
            }
            end += 1;
        }
        let written = scalar::text(value).replace('\'', "''");
        return Some((end + 1, format!("'{written}'")));
    }
    if text.starts_with('"') {
        let mut is_escaped = false;
        let end = text.char_indices().skip(1).find(|(_, letter)| {
            let is_end = *letter == '"' && !is_escaped;
            is_escaped = *letter == '\\' && !is_escaped;
            is_end
        });
        let written = Value::String(scalar::text(value)).to_string();
        return Some((end?.0 + 1, written));
    }
    if text.starts_with(['|', '>', '&', '*', '!']) {
        return None;
    }
    let mut end = text.find('\n').unwrap_or(text.len());
    for mark in [" #", "\t#"] {
        end = end.min(text.find(mark).unwrap_or(end));
    }
    if is_flow {
        end = end.min(text.find([',', ']', '}']).unwrap_or(end));
    }
    let end = text.get(..end)?.trim_end().len();
    Some((end, yaml::write(value).trim_end().to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_comments_and_quotes_stay() {
        let text = "# about\nb: {x: 1, y: 2} # two\na:\n- 'it''s'\n- \"q\\\"\"\n";
        let document = read(text).unwrap().into_iter().next().unwrap();
        let changed = json!({"b": {"x": 5, "y": 2}, "a": ["they're", "w"]});
        assert_eq!(
            written_like(text, &document, &changed),
            "# about\nb: {x: 5, y: 2} # two\na:\n- 'they''re'\n- \"w\""
        );
        let grown = json!({"b": {"x": 1, "y": 2, "z": 3}, "a": []});
        assert_eq!(
            written_like(text, &document, &grown),
            "a: []\nb:\n  x: 1\n  \"y\": 2\n  z: 3"
        );
    }
}
