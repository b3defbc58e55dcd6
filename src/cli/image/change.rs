//! Gives one place another image.

use serde_json::Value;

use super::{
    edit::{self, EditError, add, read, remove, rename, set},
    find::{At, Spot},
    reference::Reference,
};

/// What a place says now, as one reference; an entry of `images:` may leave tag and digest open.
pub fn current(text: &str, spot: &Spot) -> Result<Reference, EditError> {
    let At::Entry { pointer } = &spot.at else {
        return Ok(Reference::parse(&spot.name));
    };
    let entry = entry(text, pointer)?;
    let field = |name: &str| match entry.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        // A tag without quotes may look like a number.
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Ok(Reference {
        name: field("newName").unwrap_or_else(|| spot.name.clone()),
        tag: field("newTag"),
        digest: field("digest"),
    })
}

/// Whether a place speaks of an image of this name.
pub fn speaks_of(now: &Reference, spot: &Spot, name: &str) -> bool {
    let is_entry = matches!(spot.at, At::Entry { .. });
    now.name == name || is_entry && spot.name == name
}

/// The text of the file with the image at its place.
pub fn change(text: &str, spot: &Spot, wanted: &Reference) -> Result<String, EditError> {
    match &spot.at {
        At::Entry { pointer } => change_entry(text, pointer, wanted),
        At::Value { document, pointer } => set(text, *document, pointer, &wanted.to_string()),
        At::Inline {
            text: patch,
            document,
            pointer,
        } => {
            let outer = read(text)?;
            let old = outer
                .first()
                .and_then(|one| one.value.pointer(patch)?.as_str());
            let inner = set(
                old.unwrap_or_default(),
                *document,
                pointer,
                &wanted.to_string(),
            )?;
            edit::set(text, 0, patch, &inner)
        }
    }
}

fn entry(text: &str, pointer: &str) -> Result<Value, EditError> {
    let documents = read(text)?;
    let entry = documents.first().and_then(|one| one.value.pointer(pointer));
    entry.cloned().ok_or(EditError::Unclear)
}

fn change_entry(text: &str, pointer: &str, wanted: &Reference) -> Result<String, EditError> {
    let mut text = text.to_owned();
    let before = entry(&text, pointer)?;
    let name = before
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let renamed = before
        .get("newName")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    if renamed.unwrap_or(name) != wanted.name {
        text = put(&text, pointer, "newName", &wanted.name)?;
    }
    let has =
        |text: &str, field: &str| entry(text, pointer).map(|entry| entry.get(field).is_some());
    // The one that goes gives its place to the one that comes.
    for (goes, comes, stays) in [
        ("digest", "newTag", wanted.digest.is_some()),
        ("newTag", "digest", wanted.tag.is_some()),
    ] {
        if stays || !has(&text, goes)? {
            continue;
        }
        text = if has(&text, comes)? {
            remove(&text, 0, pointer, goes)?
        } else {
            rename(&text, 0, pointer, goes, comes)?
        };
    }
    for (field, value) in [("newTag", &wanted.tag), ("digest", &wanted.digest)] {
        if let Some(value) = value {
            text = put(&text, pointer, field, value)?;
        }
    }
    Ok(text)
}

/// Sets a field of an entry, where it is or behind the last that it belongs to.
fn put(text: &str, pointer: &str, field: &str, value: &str) -> Result<String, EditError> {
    let now = entry(text, pointer)?;
    if now.get(field) == Some(&Value::from(value)) {
        return Ok(text.to_owned());
    }
    if now.get(field).is_some() {
        return set(text, 0, &format!("{pointer}/{field}"), value);
    }
    let behind = ["newTag", "newName", "name"];
    let behind = behind
        .iter()
        .find(|name| now.get(**name).is_some() && (field != "newName" || **name == "name"));
    add(
        text,
        0,
        pointer,
        behind.copied().unwrap_or("name"),
        (field, value),
    )
}
