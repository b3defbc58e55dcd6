//! `--fix`: mends that need no secret, made in the text, so that comments and order stay.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{judge::Judged, seal, settings::Settings};
use crate::{
    api::sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE},
    cli::{Failure, Shell},
    lint::{
        document::{elements, entries, word},
        layout,
        rules::p106,
        scan,
    },
    object::yaml::{self, Document, ReadOptions},
};

/// A change of a text, and what it does to the value.
struct Mend {
    what: &'static str,
    /// The bytes that go, and what comes in their place.
    start: usize,
    end: usize,
    text: String,
    /// What the document is afterwards: a pointer and the new value, or nothing for one that goes.
    pointer: String,
    value: Option<Value>,
}

/// Mends the files of a run, and says how many were changed.
pub fn run(settings: &Settings, judged: &Judged, shell: &mut Shell) -> Result<usize, Failure> {
    let Some(input) = &judged.input else {
        return Ok(0);
    };
    let mut changed = 0;
    for path in input.paths.iter().filter(|path| scan::is_manifest(path)) {
        let whole = input.root.join(path);
        let Some(text) = read(&whole) else { continue };
        if let Some((new, what)) = mended(path, &text) {
            write(&whole, &new)?;
            shell.note(format_args!("mended {path}: {}", what.join(", ")));
            changed += 1;
        }
    }
    if let Some(certificate) = &settings.seal {
        changed += seal::run(certificate, judged, input, settings, shell)?;
    }
    Ok(changed)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face reads the files that it mends"
)]
fn read(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    (found.is_file() && found.len() <= scan::MAX_FILE_BYTES as u64)
        .then(|| fs::read_to_string(path).ok())?
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face writes the files that it mends"
)]
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)
        .map_err(|error| Failure::new(format!("failed to write {}", path.display())).because(error))
}

/// The text of a file with all its mends, and what they are; `None` where nothing is to be mended.
fn mended(path: &str, text: &str) -> Option<(String, Vec<&'static str>)> {
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    let documents = yaml::read(text.as_bytes(), &options).ok()?;
    let mut mends = Vec::new();
    let mut wanted = Vec::new();
    for document in &documents {
        let mut value = document.value.clone();
        if !document.is_json {
            let own = of_document(path, text, document);
            for mend in &own {
                apply(&mut value, mend);
            }
            mends.extend(own);
        }
        wanted.push(value);
    }
    if mends.is_empty() {
        return None;
    }
    mends.sort_by_key(|mend| mend.start);
    let mut new = String::new();
    let mut at = 0;
    for mend in &mends {
        new.push_str(text.get(at..mend.start)?);
        new.push_str(&mend.text);
        at = mend.end;
    }
    new.push_str(text.get(at..)?);
    // Whatever the text looked like: it must say just what was meant.
    let read = yaml::read(new.as_bytes(), &ReadOptions::default()).ok()?;
    let is_meant = read.len() == wanted.len()
        && read
            .iter()
            .zip(&wanted)
            .all(|(one, other)| one.value == *other);
    let mut what: Vec<&str> = mends.iter().map(|mend| mend.what).collect();
    what.dedup();
    is_meant.then_some((new, what))
}

fn apply(value: &mut Value, mend: &Mend) {
    let Some((holder, key)) = mend.pointer.rsplit_once('/') else {
        return;
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    let Some(holder) = value.pointer_mut(holder) else {
        return;
    };
    match (&mend.value, holder) {
        (Some(new), Value::Object(map)) => drop(map.insert(key, new.clone())),
        (None, Value::Object(map)) => drop(map.remove(&key)),
        _ => {}
    }
}

fn of_document(path: &str, text: &str, document: &Document) -> Vec<Mend> {
    let mut mends = Vec::new();
    let value = &document.value;
    let kind = value
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if kind == "SealedSecret" {
        for metadata in ["/metadata", "/spec/template/metadata"] {
            scopes(text, document, metadata, &mut mends);
            let pointer = format!("{metadata}/creationTimestamp");
            if value.pointer(&pointer).is_some_and(Value::is_null) {
                mends.extend(without_lines(
                    text,
                    document,
                    &pointer,
                    "creationTimestamp: null removed",
                ));
            }
        }
        let annotations = "/spec/template/metadata/annotations";
        for (name, _) in entries(value.pointer(annotations)) {
            if p106::ANNOTATIONS.contains(&name) {
                let is_only = entries(value.pointer(annotations)).count() == 1;
                let pointer = if is_only {
                    annotations.to_owned()
                } else {
                    format!("{annotations}/{}", word(name))
                };
                mends.extend(without_lines(
                    text,
                    document,
                    &pointer,
                    "last applied configuration removed from the template",
                ));
            }
        }
    }
    if layout::is_kustomization(path) {
        for (index, _) in elements(value.get("images")) {
            mends.extend(quoted(text, document, &format!("/images/{index}/newTag")));
        }
    } else if value.get("apiVersion").is_none() {
        for holder in ["", "/image"] {
            mends.extend(quoted(text, document, &format!("{holder}/tag")));
        }
    }
    mends
}

/// Scope annotations that mean `true` without saying it.
fn scopes(text: &str, document: &Document, metadata: &str, mends: &mut Vec<Mend>) {
    for name in [CLUSTER_WIDE, NAMESPACE_WIDE] {
        let pointer = format!("{metadata}/annotations/{}", word(name));
        let is_meant = match document.value.pointer(&pointer) {
            Some(Value::Bool(is_set)) => *is_set,
            Some(Value::String(word)) => {
                word != "true"
                    && matches!(
                        word.trim().to_ascii_lowercase().as_str(),
                        "true" | "yes" | "on"
                    )
            }
            _ => false,
        };
        if !is_meant {
            continue;
        }
        if let Some((start, end)) = scalar(text, document, &pointer) {
            mends.push(Mend {
                what: "scope annotation written as \"true\"",
                start,
                end,
                text: "\"true\"".to_owned(),
                pointer,
                value: Some(json!("true")),
            });
        }
    }
}

/// A number in the place of a tag, in quotes.
fn quoted(text: &str, document: &Document, pointer: &str) -> Option<Mend> {
    document
        .value
        .pointer(pointer)
        .filter(|value| value.is_number())?;
    let (start, end) = scalar(text, document, pointer)?;
    let written = text.get(start..end)?;
    Some(Mend {
        what: "tag quoted",
        start,
        end,
        text: format!("\"{written}\""),
        pointer: pointer.to_owned(),
        value: Some(json!(written)),
    })
}

/// The bytes of a scalar on one line.
fn scalar(text: &str, document: &Document, pointer: &str) -> Option<(usize, usize)> {
    let start = document.position(pointer)?.offset;
    let line = text.get(start..)?.lines().next()?;
    let length = match line.chars().next()? {
        quote @ ('"' | '\'') => line.get(1..)?.find(quote)? + 2,
        _ => line.find([' ', ',', '}', ']', '#']).unwrap_or(line.len()),
    };
    Some((start, start + length))
}

/// A field with all its lines taken out, where it stands on lines of its own.
fn without_lines(
    text: &str,
    document: &Document,
    pointer: &str,
    what: &'static str,
) -> Option<Mend> {
    let key = document.place(pointer)?.key?;
    let start = text.get(..key.offset)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = key.offset - start;
    if !text.get(start..key.offset)?.trim().is_empty() {
        return None;
    }
    let mut end = start;
    for (number, line) in text.get(start..)?.split_inclusive('\n').enumerate() {
        let own = line.len() - line.trim_start().len();
        if number > 0 && !line.trim().is_empty() && own <= indent {
            break;
        }
        end += line.len();
    }
    Some(Mend {
        what,
        start,
        end,
        text: String::new(),
        pointer: pointer.to_owned(),
        value: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mends_keep_everything_else() {
        let head = "# kept\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a # kept too\n";
        let before = format!(
            "{head}  annotations:\n    {CLUSTER_WIDE}: True\n  creationTimestamp: null\nspec:\n  template:\n    metadata:\n      annotations:\n        a: b\n        {}: |\n          {{}}\n      name: a\n",
            p106::ANNOTATIONS[0]
        );
        let after = format!(
            "{head}  annotations:\n    {CLUSTER_WIDE}: \"true\"\nspec:\n  template:\n    metadata:\n      annotations:\n        a: b\n      name: a\n"
        );
        assert_eq!(mended("a.yaml", &before).unwrap().0, after);
        assert!(mended("a.yaml", &after).is_none());
    }

    #[test]
    fn tags_that_are_numbers_are_quoted() {
        let (new, _) = mended(
            "o/kustomization.yaml",
            "images:\n- name: a\n  newTag: 1.10 # ten\n- {name: b, newTag: 7}\n",
        )
        .unwrap();
        assert_eq!(
            new,
            "images:\n- name: a\n  newTag: \"1.10\" # ten\n- {name: b, newTag: \"7\"}\n"
        );
        let (new, _) = mended("values.yaml", "image:\n  tag: 1.20\n").unwrap();
        assert_eq!(new, "image:\n  tag: \"1.20\"\n");
        assert!(mended("values.yaml", "image:\n  tag: v1\n").is_none());
        assert!(mended("a.yaml", "apiVersion: v1\nkind: ConfigMap\ntag: 1.20\n").is_none());
    }
}
