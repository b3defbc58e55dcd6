//! The paths of replacements and variables: fields, indices, `[key=value]` and `*` (kyaml's `PathMatcher`).

use regex::Regex;
use serde_json::{Map, Value};

use super::{error::BuildError, field_path, scalar};

/// What is made where a path leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    /// Nothing.
    Nothing,
    /// A scalar, which is null until it is set.
    Scalar,
    /// A map.
    Map,
    /// A list.
    List,
}

impl Make {
    /// What a value of this kind needs.
    pub(super) fn like(value: &Value) -> Self {
        match value {
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Map,
            _ => Self::Scalar,
        }
    }

    fn made(self) -> Value {
        match self {
            Self::Map => Value::Object(Map::new()),
            Self::List => Value::Array(Vec::new()),
            Self::Nothing | Self::Scalar => Value::Null,
        }
    }

    /// What stands in front of a word of a path.
    fn for_word(self, next: Option<&String>) -> Value {
        match next.map(String::as_str) {
            None | Some("") => self.made(),
            Some(word) if is_match(word) || word == "*" || index(word).is_some() => {
                Self::List.made()
            }
            Some(_) => Self::Map.made(),
        }
    }
}

/// Splits a path at its dots; brackets keep theirs.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut pieces = field_path::split(path, '.').into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            words.push(piece);
            continue;
        }
        let mut joined = piece;
        for more in pieces.by_ref() {
            joined.push('.');
            joined.push_str(&more);
            if more.ends_with(']') {
                break;
            }
        }
        if joined.contains('=') {
            words.push(joined);
        } else {
            words.push(joined.trim_matches(['[', ']']).to_owned());
        }
    }
    words
}

fn is_match(word: &str) -> bool {
    word.starts_with('[') && word.ends_with(']')
}

fn index(word: &str) -> Option<usize> {
    word.parse().ok()
}

fn key_and_value(word: &str) -> Result<(&str, &str), BuildError> {
    let inner = word.trim_start_matches('[').trim_end_matches(']');
    inner.split_once('=').ok_or_else(|| {
        BuildError::new(format!(
            "list path element must contain fieldName=fieldValue for element to match: {word}"
        ))
    })
}

/// The value at the end of a path.
pub(super) fn lookup<'a>(
    value: &'a Value,
    path: &[String],
) -> Result<Option<&'a Value>, BuildError> {
    let mut here = value;
    for word in path
        .iter()
        .map(|word| word.trim())
        .filter(|word| !word.is_empty())
    {
        if here.is_null() {
            return Ok(None);
        }
        let next = if let Some(index) = index(word) {
            let items = list_of(here)?;
            items.get(index)
        } else if word == "-" {
            list_of(here)?.last()
        } else if word == "*" {
            return Err(BuildError::new("wildcard is not supported in PathGetter"));
        } else if is_match(word) {
            let (key, wanted) = key_and_value(word)?;
            list_of(here)?.iter().find(|item| {
                if key.is_empty() {
                    scalar::is_scalar(item) && scalar::text(item) == wanted
                } else {
                    item.get(key)
                        .is_some_and(|field| scalar::text(field) == wanted)
                }
            })
        } else {
            map_of(here)?.get(word)
        };
        match next {
            Some(next) => here = next,
            None => return Ok(None),
        }
    }
    Ok(Some(here).filter(|found| !found.is_null()))
}

fn list_of(value: &Value) -> Result<&Vec<Value>, BuildError> {
    value
        .as_array()
        .ok_or_else(|| wrong_kind("SequenceNode", value))
}

fn map_of(value: &Value) -> Result<&Map<String, Value>, BuildError> {
    value
        .as_object()
        .ok_or_else(|| wrong_kind("MappingNode", value))
}

fn wrong_kind(expected: &str, value: &Value) -> BuildError {
    BuildError::new(format!(
        "wrong node kind: expected {expected} but got {}",
        scalar::node_kind(value)
    ))
}

/// What is done with a value, and whether it was made for the purpose.
pub(super) type Setter<'a> = &'a mut dyn FnMut(&mut Value, bool) -> Result<(), BuildError>;

/// Calls `set` on every value that a path leads to, and counts them.
pub(super) fn visit(
    value: &mut Value,
    path: &[String],
    make: Make,
    set: Setter<'_>,
) -> Result<usize, BuildError> {
    step(value, path, make, false, set)
}

fn step(
    value: &mut Value,
    path: &[String],
    make: Make,
    is_new: bool,
    set: Setter<'_>,
) -> Result<usize, BuildError> {
    let Some((word, rest)) = path.split_first() else {
        set(value, is_new)?;
        return Ok(1);
    };
    if let Some(index) = index(word) {
        if !value.is_array() {
            return Err(wrong_kind("SequenceNode", value));
        }
        let Some(items) = value.as_array_mut() else {
            return Ok(0);
        };
        let is_new = items.len() == index && make != Make::Nothing;
        if is_new {
            items.push(make.for_word(rest.first()));
        }
        let count = items.len();
        let Some(item) = items.get_mut(index) else {
            return Err(BuildError::new(format!(
                "index {index} specified but only {count} elements found"
            )));
        };
        return step(item, rest, make, is_new, set);
    }
    if is_match(word) {
        return matching(value, word, rest, make, set);
    }
    if word == "*" {
        if !value.is_array() {
            return Err(wrong_kind("SequenceNode", value));
        }
        let mut count = 0;
        for item in value.as_array_mut().into_iter().flatten() {
            count += step(item, rest, make, false, set)?;
        }
        return Ok(count);
    }
    if value.is_null() {
        // What is made below a null comes to nothing.
        return Ok(usize::from(make != Make::Nothing));
    }
    if !value.is_object() {
        return Err(wrong_kind("MappingNode", value));
    }
    let Some(fields) = value.as_object_mut() else {
        return Ok(0);
    };
    let is_new = !fields.contains_key(word);
    if is_new {
        if make == Make::Nothing {
            return Ok(0);
        }
        fields.insert(word.clone(), make.for_word(rest.first()));
    }
    let Some(field) = fields.get_mut(word) else {
        return Ok(0);
    };
    step(field, rest, make, is_new, set)
}

fn matching(
    value: &mut Value,
    word: &str,
    rest: &[String],
    make: Make,
    set: Setter<'_>,
) -> Result<usize, BuildError> {
    let (key, pattern) = key_and_value(word)?;
    let regex = Regex::new(pattern)
        .map_err(|error| BuildError::new(format!("error parsing regexp: {error}")))?;
    if !value.is_array() {
        return Err(wrong_kind("SequenceNode", value));
    }
    let Some(items) = value.as_array_mut() else {
        return Ok(0);
    };
    let fits = |item: &Value| {
        let text = if key.is_empty() {
            Some(scalar::text(item))
        } else {
            item.get(key).map(scalar::text)
        };
        text.is_some_and(|text| regex.is_match(text.trim()))
    };
    let mut count = 0;
    for item in items.iter_mut().filter(|item| fits(item)) {
        count += if key.is_empty() {
            set(item, false)?;
            1
        } else {
            step(item, rest, make, false, set)?
        };
    }
    if count > 0 || make == Make::Nothing {
        return Ok(count);
    }
    let mut made = if key.is_empty() {
        Value::String(pattern.to_owned())
    } else {
        let mut fields = Map::new();
        fields.insert(key.to_owned(), Value::String(pattern.to_owned()));
        Value::Object(fields)
    };
    let count = if key.is_empty() {
        set(&mut made, true)?;
        1
    } else {
        step(&mut made, rest, make, true, set)?
    };
    items.push(made);
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_keep_their_dots() {
        assert_eq!(
            split("spec.containers.[name=a.b].image"),
            ["spec", "containers", "[name=a.b]", "image"]
        );
        assert_eq!(
            split("metadata.annotations.[a.b/c]"),
            ["metadata", "annotations", "a.b/c"]
        );
        assert_eq!(split("data.a\\.b"), ["data", "a.b"]);
    }

    #[test]
    fn paths_lead_to_elements_and_make_what_is_missing() {
        let mut value = serde_json::json!({"a": [{"n": "x", "v": 1}, {"n": "y"}]});
        let found = lookup(&value, &split("a.[n=x].v")).unwrap();
        assert_eq!(found, Some(&Value::from(1)));
        let count = visit(
            &mut value,
            &split("a.[n=z].v"),
            Make::Scalar,
            &mut |field, _| {
                *field = Value::from(2);
                Ok(())
            },
        );
        assert_eq!(count.unwrap(), 1);
        assert_eq!(value["a"][2], serde_json::json!({"n": "z", "v": 2}));
    }
}
