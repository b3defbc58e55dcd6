//! Changes of a YAML text in place. Each is read back: it must have changed what was meant, and nothing else.

use serde_json::Value;

use super::scalar::{Style, at, written};
use crate::object::yaml::{self, Document, ReadOptions, YamlError};

/// Why a text cannot be changed in place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is no YAML.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The value stands elsewhere, behind an anchor.
    #[error("the value is an alias of another")]
    Shared,
    /// The change would have changed something else as well.
    #[error("the value cannot be changed alone")]
    Unclear,
}

/// The documents of a text with the places of their values.
pub fn read(text: &str) -> Result<Vec<Document>, YamlError> {
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    yaml::read(text.as_bytes(), &options)
}

/// Writes another text value over the one at a pointer of a document.
pub fn set(text: &str, document: usize, pointer: &str, value: &str) -> Result<String, EditError> {
    let before = read(text)?;
    let place = before.get(document).and_then(|one| one.place(pointer));
    let offset = place.ok_or(EditError::Unclear)?.value.offset;
    let wanted = changed(&before, document, |root| {
        *root.pointer_mut(pointer)? = value.into();
        Some(())
    })?;
    let old = before
        .get(document)
        .and_then(|one| one.value.pointer(pointer)?.as_str());
    let block = lines(text, offset, old.unwrap_or_default(), value);
    let [plain, flow] = [false, true].map(|in_brackets| {
        let scalar = at(text, offset, in_brackets)?;
        Ok(spliced(
            text,
            scalar.start,
            scalar.end,
            &written(value, scalar.style),
        ))
    });
    let attempts = [plain, flow, block];
    first_good(attempts, &wanted)
}

/// Adds a field with a text behind another field of a map.
pub fn add(
    text: &str,
    document: usize,
    map: &str,
    behind: &str,
    (name, value): (&str, &str),
) -> Result<String, EditError> {
    let before = read(text)?;
    let place = before
        .get(document)
        .and_then(|one| one.place(&format!("{map}/{behind}")));
    let place = place.ok_or(EditError::Unclear)?;
    let key = place.key.ok_or(EditError::Unclear)?;
    let wanted = changed(&before, document, |root| {
        let map = root.pointer_mut(map)?.as_object_mut()?;
        map.insert(name.to_owned(), value.into());
        Some(())
    })?;
    let is_quoted = text
        .get(key.offset..)
        .is_some_and(|rest| rest.starts_with('"'));
    let field = if is_quoted {
        format!("{}: {}", Value::from(name), Value::from(value))
    } else {
        format!("{name}: {}", written(value, Style::Plain))
    };
    let block = at(text, place.value.offset, false).map(|scalar| {
        let rest = text.get(scalar.end..).unwrap_or_default();
        let end = scalar.end + rest.find('\n').unwrap_or(rest.len());
        let is_crlf = text.get(..end).is_some_and(|line| line.ends_with('\r'));
        let (end, line_feed) = if is_crlf {
            (end - 1, "\r\n")
        } else {
            (end, "\n")
        };
        let indent = " ".repeat(key.column - 1);
        spliced(text, end, end, &format!("{line_feed}{indent}{field}"))
    });
    let flow = at(text, place.value.offset, true)
        .map(|scalar| spliced(text, scalar.end, scalar.end, &format!(", {field}")));
    first_good([block, flow], &wanted)
}

/// Gives a field of a map another name; its value stays.
pub fn rename(
    text: &str,
    document: usize,
    map: &str,
    from: &str,
    to: &str,
) -> Result<String, EditError> {
    let before = read(text)?;
    let place = before
        .get(document)
        .and_then(|one| one.place(&format!("{map}/{from}")));
    let key = place
        .and_then(|place| place.key)
        .ok_or(EditError::Unclear)?;
    let wanted = changed(&before, document, |root| {
        let map = root.pointer_mut(map)?.as_object_mut()?;
        let value = map.remove(from)?;
        map.insert(to.to_owned(), value);
        Some(())
    })?;
    let scalar = at(text, key.offset, true).map(|scalar| {
        let key = match scalar.style {
            Style::Plain => to.to_owned(),
            style => written(to, style),
        };
        let end = match scalar.style {
            Style::Plain => scalar.start + from.len(),
            _ => scalar.end,
        };
        spliced(text, scalar.start, end, &key)
    });
    first_good([scalar], &wanted)
}

/// Takes a field out of a map, with its line.
pub fn remove(text: &str, document: usize, map: &str, name: &str) -> Result<String, EditError> {
    let before = read(text)?;
    let place = before
        .get(document)
        .and_then(|one| one.place(&format!("{map}/{name}")));
    let key = place
        .and_then(|place| place.key)
        .ok_or(EditError::Unclear)?;
    let wanted = changed(&before, document, |root| {
        root.pointer_mut(map)?
            .as_object_mut()?
            .remove(name)
            .map(drop)
    })?;
    let start = text
        .get(..key.offset)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let rest = text.get(key.offset..).unwrap_or_default();
    let end = key.offset + rest.find('\n').map_or(rest.len(), |at| at + 1);
    first_good([Ok(spliced(text, start, end, ""))], &wanted)
}

/// The lines of a literal block (`|`) that differ, each in its place; the block begins with the line of an offset.
fn lines(text: &str, offset: usize, old: &str, new: &str) -> Result<String, EditError> {
    let start = text
        .get(..offset)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let (head, block) = text.split_at_checked(start).ok_or(EditError::Unclear)?;
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    if old.len() != new.len() {
        return Err(EditError::Unclear);
    }
    let mut changed = head.to_owned();
    for (index, line) in block.split_inclusive('\n').enumerate() {
        match (old.get(index), new.get(index)) {
            (Some(old), Some(new)) if old != new => {
                let bare = line.trim_end_matches(['\n', '\r']);
                let indent = bare.strip_suffix(old).ok_or(EditError::Unclear)?;
                let ending = line.get(bare.len()..).unwrap_or_default();
                changed.push_str(&format!("{indent}{new}{ending}"));
            }
            _ => changed.push_str(line),
        }
    }
    Ok(changed)
}

fn spliced(text: &str, start: usize, end: usize, with: &str) -> String {
    let (before, after) = (text.get(..start), text.get(end..));
    format!(
        "{}{with}{}",
        before.unwrap_or_default(),
        after.unwrap_or_default()
    )
}

/// The values of all documents after a change.
fn changed(
    documents: &[Document],
    index: usize,
    change: impl FnOnce(&mut Value) -> Option<()>,
) -> Result<Vec<Value>, EditError> {
    let mut values: Vec<Value> = documents.iter().map(|one| one.value.clone()).collect();
    let root = values.get_mut(index).ok_or(EditError::Unclear)?;
    change(root).ok_or(EditError::Unclear)?;
    Ok(values)
}

/// The first attempt that says what is wanted when it is read back.
fn first_good<const N: usize>(
    attempts: [Result<String, EditError>; N],
    wanted: &[Value],
) -> Result<String, EditError> {
    let mut failure = EditError::Unclear;
    for attempt in attempts {
        match attempt {
            Ok(text) => {
                let values = read(&text).map(|all| all.into_iter().map(|one| one.value));
                if values.is_ok_and(|values| values.eq(wanted.iter().cloned())) {
                    return Ok(text);
                }
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
