//! Where a kustomization says which image: `images:`, JSON patches and strategic patches, in files and inline.

use serde_json::Value;

use super::edit::read;
use crate::object::yaml::{Document, YamlError};

/// The lists whose maps have images.
const CONTAINERS: &[&str] = &["containers", "initContainers", "ephemeralContainers"];

/// One place that says which image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file, relative to the kustomization.
    pub file: String,
    /// The line in the file, from 1.
    pub line: usize,
    /// The place in the file.
    pub at: At,
    /// The name that it applies to.
    pub name: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// An entry of `images:`.
    Entry {
        /// Pointer to the entry.
        pointer: String,
    },
    /// A value of a patch file.
    Value {
        /// Which document of the file.
        document: usize,
        /// Pointer to the value.
        pointer: String,
    },
    /// A value of a patch that stands in the kustomization as text.
    Inline {
        /// Pointer to the text of the patch.
        text: String,
        /// Which document of that text.
        document: usize,
        /// Pointer to the value in that document.
        pointer: String,
    },
}

/// The patch files that a kustomization names, each once; those outside its folder belong to others.
pub fn patch_files(kustomization: &Value) -> Vec<String> {
    let list = |name: &str| {
        kustomization
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let mut files: Vec<String> = list("patches")
        .chain(list("patchesJson6902"))
        .filter_map(|patch| patch.get("path")?.as_str())
        .chain(
            list("patchesStrategicMerge")
                .filter_map(Value::as_str)
                .filter(|text| is_file(text)),
        )
        .filter(|path| !path.starts_with('/') && !path.split('/').any(|part| part == ".."))
        .map(str::to_owned)
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    files
}

/// Whether an entry of `patchesStrategicMerge` names a file; a patch itself has fields.
fn is_file(text: &str) -> bool {
    !text.contains('\n') && !text.contains(": ")
}

/// The places in a kustomization file.
pub fn in_kustomization(file: &str, text: &str) -> Result<Vec<Spot>, YamlError> {
    let documents = read(text)?;
    let Some(document) = documents.first() else {
        return Ok(Vec::new());
    };
    let mut spots = entries(file, document);
    for pointer in inline(&document.value) {
        let patch = document
            .value
            .pointer(&pointer)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let line = document.position(&pointer).map_or(0, |at| at.line);
        // A patch that is no YAML is none of ours to judge: the build says so.
        let Ok(inner) = read(patch) else { continue };
        for (index, one) in inner.iter().enumerate() {
            for found in values(&one.value) {
                // Both count from 1.
                let inside = one.position(&found.0).map_or(0, |at| at.line - 1);
                spots.push(Spot {
                    file: file.to_owned(),
                    line: line + inside,
                    name: found.1,
                    at: At::Inline {
                        text: pointer.clone(),
                        document: index,
                        pointer: found.0,
                    },
                });
            }
        }
    }
    Ok(spots)
}

/// The places in a patch file.
pub fn in_patch(file: &str, text: &str) -> Result<Vec<Spot>, YamlError> {
    let mut spots = Vec::new();
    for (index, document) in read(text)?.iter().enumerate() {
        spots.extend(
            values(&document.value)
                .into_iter()
                .map(|(pointer, image)| Spot {
                    file: file.to_owned(),
                    line: document.position(&pointer).map_or(0, |at| at.line),
                    name: image,
                    at: At::Value {
                        document: index,
                        pointer,
                    },
                }),
        );
    }
    Ok(spots)
}

fn entries(file: &str, document: &Document) -> Vec<Spot> {
    let listed = document.value.get("images").and_then(Value::as_array);
    let entries = listed.into_iter().flatten().enumerate();
    entries
        .filter_map(|(index, entry)| {
            let pointer = format!("/images/{index}");
            Some(Spot {
                file: file.to_owned(),
                line: document.position(&pointer).map_or(0, |at| at.line),
                name: entry.get("name")?.as_str()?.to_owned(),
                at: At::Entry { pointer },
            })
        })
        .collect()
}

/// Pointers to the patches that a kustomization holds as text.
fn inline(kustomization: &Value) -> Vec<String> {
    let list = |name: &'static str| {
        let listed = kustomization.get(name).and_then(Value::as_array);
        listed
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, one)| (format!("/{name}/{index}"), one))
    };
    let patches = list("patches").chain(list("patchesJson6902"));
    let texts = patches.filter(|(_, one)| one.get("patch").is_some_and(Value::is_string));
    let merges = list("patchesStrategicMerge");
    let merges = merges.filter(|(_, one)| one.as_str().is_some_and(|text| !is_file(text)));
    texts
        .map(|(pointer, _)| format!("{pointer}/patch"))
        .chain(merges.map(|(pointer, _)| pointer))
        .collect()
}

/// The images that a patch sets, each with its pointer: a list is a JSON patch, a map a strategic one.
fn values(patch: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Some(operations) = patch.as_array() else {
        walk(patch, "", false, &mut found);
        return found;
    };
    for (index, operation) in operations.iter().enumerate() {
        let text = |name: &str| {
            operation
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        if !matches!(text("op"), "add" | "replace") {
            continue;
        }
        let steps: Vec<&str> = text("path").split('/').collect();
        let pointer = format!("/{index}/value");
        let value = operation.get("value").unwrap_or(&Value::Null);
        match (steps.as_slice(), value) {
            ([.., list, _, "image"], Value::String(image)) if CONTAINERS.contains(list) => {
                found.push((pointer, image.clone()));
            }
            ([.., list], Value::Array(_)) if CONTAINERS.contains(list) => {
                containers(value, &pointer, &mut found);
            }
            ([.., list, _], Value::Object(_)) if CONTAINERS.contains(list) => {
                walk(value, &pointer, true, &mut found);
            }
            _ => walk(value, &pointer, false, &mut found),
        }
    }
    found
}

fn containers(list: &Value, at: &str, found: &mut Vec<(String, String)>) {
    for (index, container) in list.as_array().into_iter().flatten().enumerate() {
        walk(container, &format!("{at}/{index}"), true, found);
    }
}

fn walk(value: &Value, at: &str, is_container: bool, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                match inner {
                    Value::String(image) if is_container && key == "image" => {
                        found.push((pointer, image.clone()));
                    }
                    Value::Array(_) if CONTAINERS.contains(&key.as_str()) => {
                        containers(inner, &pointer, found);
                    }
                    _ => walk(inner, &pointer, false, found),
                }
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                walk(inner, &format!("{at}/{index}"), false, found);
            }
        }
        _ => {}
    }
}
