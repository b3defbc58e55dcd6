//! Container images.

use regex::Regex;
use serde_json::Value;

use super::super::{
    error::BuildError,
    field_path::{self, Create},
    resource_set::ResourceSet,
    scalar,
};
use crate::api::kustomization::{FieldSpec, Image};

/// The lists whose elements have an image, at any depth.
const LISTS: &[&str] = &["containers", "initContainers"];

/// Changes the images of one name, first in containers anywhere, then in the fields that the specs name.
pub(super) fn run(
    set: &mut ResourceSet,
    image: &Image,
    specs: &[FieldSpec],
) -> Result<(), BuildError> {
    let pattern = format!(
        "^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$",
        image.name
    );
    let pattern = Regex::new(&pattern).map_err(|error| {
        BuildError::new(format!(
            "error parsing regexp of image {:?}: {error}",
            image.name
        ))
    })?;
    for resource in set.list_mut() {
        if resource.kind() == "CustomResourceDefinition" {
            continue;
        }
        anywhere(&mut resource.value, image, &pattern)?;
        for spec in specs {
            field_path::visit(resource, spec, Create::Nothing, &mut |value| {
                change(value, image, &pattern)
            })?;
        }
    }
    Ok(())
}

fn anywhere(value: &mut Value, image: &Image, pattern: &Regex) -> Result<(), BuildError> {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                anywhere(field, image, pattern)?;
                if !LISTS.contains(&name.as_str()) {
                    continue;
                }
                for element in field.as_array_mut().into_iter().flatten() {
                    if let Some(value) = element.get_mut("image") {
                        change(value, image, pattern)?;
                    }
                }
            }
            Ok(())
        }
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| anywhere(item, image, pattern)),
        _ => Ok(()),
    }
}

fn change(value: &mut Value, image: &Image, pattern: &Regex) -> Result<(), BuildError> {
    if !scalar::is_scalar(value) {
        return Err(BuildError::new(format!(
            "wrong node kind: expected ScalarNode but got {}",
            scalar::node_kind(value)
        )));
    }
    let text = scalar::text(value);
    if !pattern.is_match(&text) {
        return Ok(());
    }
    let (name, mut tag, mut digest) = split(&text);
    let mut changed = if image.new_name.is_empty() {
        name.to_owned()
    } else {
        image.new_name.clone()
    };
    match (!image.new_tag.is_empty(), !image.digest.is_empty()) {
        (true, true) => {
            tag.clone_from(&image.new_tag);
            digest.clone_from(&image.digest);
        }
        (true, false) => {
            tag.clone_from(&image.new_tag);
            digest.clear();
        }
        (false, true) => {
            tag.clear();
            digest.clone_from(&image.digest);
        }
        (false, false) if !image.tag_suffix.is_empty() => {
            tag.push_str(&image.tag_suffix);
            digest.clear();
        }
        (false, false) => {}
    }
    for (mark, part) in [(':', tag), ('@', digest)] {
        if !part.is_empty() {
            changed.push(mark);
            changed.push_str(&part);
        }
    }
    *value = Value::String(changed);
    Ok(())
}

/// Name, tag and digest; a colon before the first slash belongs to the name.
fn split(text: &str) -> (&str, String, String) {
    let start = text.find('/').unwrap_or_default();
    let rest = text.get(start..).unwrap_or_default();
    let (before, digest) = match rest.split_once('@') {
        Some((before, digest)) => (before, digest),
        None => (rest, ""),
    };
    let (name, tag) = match before.split_once(':') {
        Some((name, tag)) => (name, tag),
        None => (before, ""),
    };
    let name = text.get(..start + name.len()).unwrap_or(text);
    (name, tag.to_owned(), digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn images_come_apart() {
        for (text, name, tag, digest) in [
            ("nginx", "nginx", "", ""),
            ("nginx:1", "nginx", "1", ""),
            (
                "host:5000/a/b:2@sha256:ab",
                "host:5000/a/b",
                "2",
                "sha256:ab",
            ),
            ("a/b@sha256:ab", "a/b", "", "sha256:ab"),
        ] {
            assert_eq!(split(text), (name, tag.to_owned(), digest.to_owned()));
        }
    }
}
