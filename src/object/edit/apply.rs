//! One pass over a text for all its changes; the result is read back, and must say what was meant and nothing else.

use serde_json::{Map, Value};

use super::scan::{self, Scalar, Style};
use crate::object::yaml::{self, Document, ReadOptions, YamlError};

/// Why a text cannot be changed in place. Never tells a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is neither YAML nor JSON.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// Nothing stands at a place that is to be changed.
    #[error("there is no {0}")]
    Missing(String),
    /// A field that is to be added is there already.
    #[error("there is a {0} already")]
    Taken(String),
    /// The place is written in a way (an alias, a merged map, a key behind `?`) that cannot be changed alone.
    #[error("{0} cannot be changed alone")]
    Unclear(String),
}

/// What becomes of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// A text stands there instead of the text that does.
    Text(String),
    /// A new field of a map, with a text: beside the field that comes before it by name.
    New(String),
    /// The field goes, with the comment on its line.
    Gone,
}

/// One change of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which document of the stream, from 0; empty ones are not counted.
    pub document: usize,
    /// JSON pointer (RFC 6901) to a field of a map.
    pub pointer: String,
    /// What becomes of it.
    pub to: To,
}

/// A piece of the text that is replaced.
struct Splice {
    start: usize,
    end: usize,
    with: String,
}

/// Makes all changes in one pass. A field that is added to a map must have a sibling, or the map must be written `{}`.
///
/// # Errors
/// [`EditError`]; then nothing was changed.
pub fn apply(text: &str, changes: &[Change]) -> Result<String, EditError> {
    if changes.is_empty() {
        return Ok(text.to_owned());
    }
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    let documents = yaml::read(text.as_bytes(), &options)?;
    let mut wanted: Vec<Value> = documents.iter().map(|one| one.value.clone()).collect();
    let mut splices = Vec::new();
    for change in changes {
        let unclear = || EditError::Unclear(change.pointer.clone());
        let document = documents.get(change.document).ok_or_else(unclear)?;
        let place = Place { text, document };
        let root = wanted.get_mut(change.document).ok_or_else(unclear)?;
        let (map, name) = owner(root, &change.pointer)
            .ok_or_else(|| EditError::Missing(change.pointer.clone()))?;
        let is_there = map.contains_key(&name);
        match &change.to {
            To::New(_) if is_there => return Err(EditError::Taken(change.pointer.clone())),
            To::Text(_) | To::Gone if !is_there => {
                return Err(EditError::Missing(change.pointer.clone()));
            }
            To::Text(value) => {
                splices.push(place.replace(&change.pointer, value).ok_or_else(unclear)?);
                map.insert(name, value.as_str().into());
            }
            To::New(value) => {
                let goes_last = splices.len();
                splices.push(
                    place
                        .insert(&change.pointer, &name, value)
                        .ok_or_else(unclear)?,
                );
                debug_assert!(goes_last < splices.len(), "one splice a change");
                map.insert(name, value.as_str().into());
            }
            To::Gone => {
                map.remove(&name);
                let is_last = map.is_empty();
                splices.push(place.remove(&change.pointer, is_last).ok_or_else(unclear)?);
            }
        }
    }
    let result = spliced(text, splices)
        .ok_or_else(|| EditError::Unclear("the places overlap: each".to_owned()))?;
    let after = yaml::read(result.as_bytes(), &ReadOptions::default());
    let says = after.is_ok_and(|after| after.into_iter().map(|one| one.value).eq(wanted));
    if !says {
        let first = changes.first().map(|one| one.pointer.clone());
        return Err(EditError::Unclear(first.unwrap_or_default()));
    }
    Ok(result)
}

/// The map that a pointer leads into, and the field of it.
fn owner<'a>(root: &'a mut Value, pointer: &str) -> Option<(&'a mut Map<String, Value>, String)> {
    let (map, name) = pointer.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    Some((root.pointer_mut(map)?.as_object_mut()?, name))
}

struct Place<'a> {
    text: &'a str,
    document: &'a Document,
}

impl Place<'_> {
    /// Whether brackets or braces are around a place: one of the maps and lists above it starts with one.
    fn is_in_flow(&self, pointer: &str) -> bool {
        if self.document.is_json {
            return true;
        }
        let ends = pointer.match_indices('/').map(|(at, _)| at);
        ends.filter_map(|end| {
            let place = self.document.place(pointer.get(..end)?)?;
            self.text.get(place.value.offset..)?.chars().next()
        })
        .any(|first| matches!(first, '{' | '['))
    }

    /// Offset of the key, offset behind its colon, indent of its line's content.
    fn key(&self, pointer: &str) -> Option<(usize, usize, usize)> {
        let key = self.document.place(pointer)?.key?;
        let (_, colon) = scan::key(self.text, key.offset)?;
        Some((key.offset, colon, key.column - 1))
    }

    fn scalar(&self, pointer: &str) -> Option<Scalar> {
        let (_, colon, indent) = self.key(pointer)?;
        scan::value(self.text, colon, indent, self.is_in_flow(pointer))
    }

    fn replace(&self, pointer: &str, value: &str) -> Option<Splice> {
        let scalar = self.scalar(pointer)?;
        let style = match scalar.style {
            Style::Block => Style::Plain,
            style => style,
        };
        Some(Splice {
            start: scalar.start,
            end: scalar.end,
            with: written(value, style, self.document.is_json),
        })
    }

    fn insert(&self, pointer: &str, name: &str, value: &str) -> Option<Splice> {
        let (map, _) = pointer.rsplit_once('/')?;
        let flow = self.is_in_flow(pointer);
        let siblings = self.document.value.pointer(map)?.as_object()?;
        // Maps are read sorted, so the last smaller name is the one that comes before.
        let before = siblings.keys().rfind(|key| key.as_str() < name);
        let sibling = before.or_else(|| siblings.keys().next());
        let Some(sibling) = sibling else {
            return self.insert_first(map, name, value);
        };
        let is_before = before.is_some();
        let at = format!("{map}/{}", escaped(sibling));
        let (key, _, _) = self.key(&at)?;
        let scalar = self.scalar(&at)?;
        let quoted = self.text.get(key..)?.starts_with('"');
        let field = self.field(name, value, quoted || flow && self.document.is_json);
        let line = scan::line_start(self.text, key);
        let indent = self.text.get(line..key)?;
        let owns_line = indent.trim().is_empty();
        if flow {
            let gap = if owns_line {
                format!("{}{indent}", self.line_feed(line))
            } else {
                " ".to_owned()
            };
            return Some(if is_before {
                Splice {
                    start: scalar.end,
                    end: scalar.end,
                    with: format!(",{gap}{field}"),
                }
            } else {
                Splice {
                    start: key,
                    end: key,
                    with: format!("{field},{gap}"),
                }
            });
        }
        let indent = " ".repeat(self.document.place(&at)?.key?.column - 1);
        if is_before {
            let end = scan::line_end(self.text, scalar.end);
            let end = match self.text.get(..end) {
                Some(text) if text.ends_with('\r') => end - 1,
                _ => end,
            };
            return Some(Splice {
                start: end,
                end,
                with: format!("{}{indent}{field}", self.line_feed(key)),
            });
        }
        Some(Splice {
            start: key,
            end: key,
            with: format!("{field}{}{indent}", self.line_feed(key)),
        })
    }

    /// The first field of a map that is written `{}`.
    fn insert_first(&self, map: &str, name: &str, value: &str) -> Option<Splice> {
        let start = self.document.place(map)?.value.offset;
        let rest = self.text.get(start..)?;
        let inner = rest.strip_prefix('{')?;
        let length = inner.find('}')?;
        inner.get(..length)?.trim().is_empty().then(|| Splice {
            start,
            end: start + length + 2,
            with: format!("{{{}}}", self.field(name, value, self.document.is_json)),
        })
    }

    fn field(&self, name: &str, value: &str, quoted: bool) -> String {
        let style = if quoted { Style::Double } else { Style::Plain };
        let json = self.document.is_json;
        format!(
            "{}: {}",
            written(name, style, json),
            written(value, style, json)
        )
    }

    /// The line end that the text has at an offset.
    fn line_feed(&self, at: usize) -> &'static str {
        let end = scan::line_end(self.text, at);
        match self.text.get(..end) {
            Some(text) if text.ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    fn remove(&self, pointer: &str, is_last: bool) -> Option<Splice> {
        let (key, _, _) = self.key(pointer)?;
        let scalar = self.scalar(pointer)?;
        if self.is_in_flow(pointer) {
            return Some(self.remove_in_flow(key, scalar.end));
        }
        let start = scan::line_start(self.text, key);
        if !self.text.get(start..key)?.trim().is_empty() {
            return None;
        }
        let end = scan::line_end(self.text, scalar.end);
        if is_last {
            // Without a field the map would read as null: it becomes an empty one behind its key.
            let (map, _) = pointer.rsplit_once('/')?;
            let (_, colon, _) = self.key(map)?;
            let kept = self.text.get(colon..start)?;
            let kept = kept.strip_suffix('\n').unwrap_or(kept);
            return Some(Splice {
                start: colon,
                end: end - usize::from(self.text.get(..end)?.ends_with('\r')),
                with: format!(" {{}}{}", kept.strip_suffix('\r').unwrap_or(kept)),
            });
        }
        let end = (end + 1).min(self.text.len());
        Some(Splice {
            start,
            end,
            with: String::new(),
        })
    }

    /// Takes one comma along: the one behind, else the one before.
    fn remove_in_flow(&self, key: usize, end: usize) -> Splice {
        let blank = |text: &str| text.len() - text.trim_start().len();
        let rest = self.text.get(end..).unwrap_or_default();
        let comma = blank(rest);
        let with = String::new();
        if rest.get(comma..).is_some_and(|rest| rest.starts_with(',')) {
            let behind = rest.get(comma + 1..).unwrap_or_default();
            return Splice {
                start: key,
                end: end + comma + 1 + blank(behind),
                with,
            };
        }
        let before = self.text.get(..key).unwrap_or_default().trim_end();
        let start = before.strip_suffix(',').map_or(key, str::len);
        Splice { start, end, with }
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A text in a style; plain text that would be read as something else gets quotes.
fn written(text: &str, style: Style, json: bool) -> String {
    match style {
        Style::Plain if !json && is_plain(text) => text.to_owned(),
        Style::Single if !text.contains(['\n', '\r']) => format!("'{}'", text.replace('\'', "''")),
        _ => Value::from(text).to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let is_simple = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=".contains(letter);
    if !text.starts_with(|letter: char| letter.is_ascii_alphanumeric() || "/._".contains(letter))
        || !text.chars().all(is_simple)
    {
        return false;
    }
    let read = yaml::read(text.as_bytes(), &ReadOptions::default());
    read.is_ok_and(|documents| {
        let first = documents.first().map(|document| &document.value);
        first.and_then(Value::as_str) == Some(text)
    })
}

/// The text with all its splices; those at one place keep their order. `None` where two overlap.
fn spliced(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|splice| (splice.start, splice.end));
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for splice in &splices {
        result.push_str(text.get(from..splice.start)?);
        result.push_str(&splice.with);
        from = splice.end;
    }
    result.push_str(text.get(from..)?);
    Some(result)
}
