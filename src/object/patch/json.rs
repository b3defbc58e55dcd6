//! JSON patch (RFC 6902), as `evanphx/json-patch` (v4) applies it for the API server.
//!
//! Upstream differs from the RFC, and so does this: the text before the first slash of a path is not
//! looked at; `replace` of an absent field of a map sets it, `copy` of one gives null, `test` of one
//! against null holds; `add` without a value adds null; indices may have leading zeros and a sign,
//! negative ones count from the end; the whole document is reached by `replace` and `test` alone.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The most operations of one patch, as in the API server.
pub const MAX_OPERATIONS: usize = 10_000;
/// The most bytes of JSON that the `copy` operations of one patch may add, as in the API server.
pub const MAX_COPIED_BYTES: usize = 3 * 1024 * 1024;

/// Why a JSON patch is refused. Values are never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonPatchError {
    /// The patch is not a list of maps.
    #[error("a JSON patch must be a list of operations")]
    NotOperations,
    /// There are too many operations.
    #[error("The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {0}")]
    TooMany(usize),
    /// The document is neither a map nor a list.
    #[error("a JSON patch applies to a map or a list")]
    NotContainer,
    /// One operation cannot be applied.
    #[error("operation {index} ({op} \"{path}\"): {problem}")]
    Operation {
        /// Its place in the patch, from 0.
        index: usize,
        /// Its name, as written.
        op: String,
        /// Its path, as written.
        path: String,
        /// What is wrong with it.
        problem: OperationProblem,
    },
}

/// Why one operation cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationProblem {
    /// `op` is none of add, remove, replace, move, copy, test.
    #[error("unknown operation")]
    Unknown,
    /// A field that the operation needs is missing, or not of its type.
    #[error("{0} is missing or not of its type")]
    Field(&'static str),
    /// A map or list on the way of the path does not exist.
    #[error("the document has no such path")]
    NoPath,
    /// A map or list on the way of `from` does not exist.
    #[error("the document has no such path as from")]
    NoFrom,
    /// The field to remove does not exist.
    #[error("the field does not exist")]
    NoField,
    /// The index of a list is no number, or out of the list.
    #[error("the index is not one of the list")]
    Index,
    /// The whole document can be replaced by a map or a list only.
    #[error("the whole document can be replaced by a map or a list only")]
    NotContainer,
    /// The value differs from the tested one.
    #[error("test failed")]
    Test,
    /// The copies grow too large.
    #[error("the copies are larger than {MAX_COPIED_BYTES} bytes")]
    Copies,
}

/// Applies the operations one by one; on an error the target is as it was.
///
/// # Errors
/// [`JsonPatchError`] names the operation.
pub fn apply(target: &mut Value, patch: &Value) -> Result<(), JsonPatchError> {
    let operations = patch.as_array().ok_or(JsonPatchError::NotOperations)?;
    if operations.len() > MAX_OPERATIONS {
        return Err(JsonPatchError::TooMany(operations.len()));
    }
    if !is_container(target) {
        return Err(JsonPatchError::NotContainer);
    }
    let operations: Vec<&Map<String, Value>> = operations
        .iter()
        .map(Value::as_object)
        .collect::<Option<_>>()
        .ok_or(JsonPatchError::NotOperations)?;
    let mut document = target.clone();
    let mut copied = 0;
    for (index, operation) in operations.into_iter().enumerate() {
        run(&mut document, operation, &mut copied).map_err(|problem| {
            let text = |field: &str| {
                let value = operation.get(field).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            JsonPatchError::Operation {
                index,
                op: text("op"),
                path: text("path"),
                problem,
            }
        })?;
    }
    *target = document;
    Ok(())
}

fn run(
    document: &mut Value,
    operation: &Map<String, Value>,
    copied: &mut usize,
) -> Result<(), OperationProblem> {
    let text = |field: &'static str| {
        operation
            .get(field)
            .and_then(Value::as_str)
            .ok_or(OperationProblem::Field(field))
    };
    let value = || operation.get("value").cloned().unwrap_or(Value::Null);
    match operation.get("op").and_then(Value::as_str) {
        Some("add") => Place::find(document, text("path")?)?.add(value()),
        Some("remove") => Place::find(document, text("path")?)?.remove().map(drop),
        Some("replace") => {
            let path = text("path")?;
            let value = value();
            if !path.is_empty() {
                return Place::find(document, path)?.replace(value);
            }
            if !is_container(&value) {
                return Err(OperationProblem::NotContainer);
            }
            *document = value;
            Ok(())
        }
        Some("move") => {
            let moved = from(document, text("from")?)?.remove()?;
            Place::find(document, text("path")?)?.add(moved)
        }
        Some("copy") => {
            let value = from(document, text("from")?)?.get()?.into_owned();
            let path = text("path")?;
            *copied = copied.saturating_add(value.to_string().len());
            if *copied > MAX_COPIED_BYTES {
                return Err(OperationProblem::Copies);
            }
            Place::find(document, path)?.add(value)
        }
        Some("test") => {
            let path = text("path")?;
            let wanted = value();
            let is_equal = if path.is_empty() {
                *document == wanted
            } else {
                *Place::find(document, path)?.get()? == wanted
            };
            if is_equal {
                Ok(())
            } else {
                Err(OperationProblem::Test)
            }
        }
        _ => Err(OperationProblem::Unknown),
    }
}

fn from<'a>(document: &'a mut Value, path: &'a str) -> Result<Place<'a>, OperationProblem> {
    Place::find(document, path).map_err(|_| OperationProblem::NoFrom)
}

fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// A field of a map or an index of a list, which may be there or not.
enum Place<'a> {
    Field(&'a mut Map<String, Value>, Cow<'a, str>),
    Index(&'a mut Vec<Value>, Cow<'a, str>),
}

impl<'a> Place<'a> {
    fn find(document: &'a mut Value, path: &'a str) -> Result<Self, OperationProblem> {
        let (_, path) = path.split_once('/').ok_or(OperationProblem::NoPath)?;
        let (parents, last) = match path.rsplit_once('/') {
            Some((parents, last)) => (Some(parents), last),
            None => (None, path),
        };
        let mut holder = document;
        for word in parents.into_iter().flat_map(|text| text.split('/')) {
            let word = unescape(word);
            holder = match holder {
                Value::Object(map) => map.get_mut(&*word),
                Value::Array(list) => match index_of(&word, list.len()) {
                    Some(index) => list.get_mut(index),
                    None => None,
                },
                _ => None,
            }
            .ok_or(OperationProblem::NoPath)?;
        }
        match holder {
            Value::Object(map) => Ok(Self::Field(map, unescape(last))),
            Value::Array(list) => Ok(Self::Index(list, unescape(last))),
            _ => Err(OperationProblem::NoPath),
        }
    }

    fn get(&self) -> Result<Cow<'_, Value>, OperationProblem> {
        match self {
            Self::Field(map, field) => Ok(map
                .get(&**field)
                .map_or(Cow::Owned(Value::Null), Cow::Borrowed)),
            Self::Index(list, word) => index_of(word, list.len())
                .and_then(|index| list.get(index))
                .map(Cow::Borrowed)
                .ok_or(OperationProblem::Index),
        }
    }

    fn add(self, value: Value) -> Result<(), OperationProblem> {
        match self {
            Self::Field(map, field) => {
                map.insert(field.into_owned(), value);
            }
            Self::Index(list, word) if word == "-" => list.push(value),
            Self::Index(list, word) => {
                let index = index_of(&word, list.len() + 1)
                    .filter(|index| *index <= list.len())
                    .ok_or(OperationProblem::Index)?;
                list.insert(index, value);
            }
        }
        Ok(())
    }

    fn replace(self, value: Value) -> Result<(), OperationProblem> {
        match self {
            Self::Field(map, field) => {
                map.insert(field.into_owned(), value);
            }
            Self::Index(list, word) => {
                let place = index_of(&word, list.len()).and_then(|index| list.get_mut(index));
                *place.ok_or(OperationProblem::Index)? = value;
            }
        }
        Ok(())
    }

    fn remove(self) -> Result<Value, OperationProblem> {
        match self {
            Self::Field(map, field) => map.remove(&*field).ok_or(OperationProblem::NoField),
            Self::Index(list, word) => match index_of(&word, list.len()) {
                Some(index) if index < list.len() => Ok(list.remove(index)),
                _ => Err(OperationProblem::Index),
            },
        }
    }
}

/// The index that a word of a path stands for; negative ones count from the end.
fn index_of(word: &str, length: usize) -> Option<usize> {
    let number: i64 = word.parse().ok()?;
    match usize::try_from(number) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(number.unsigned_abs()).ok()?),
    }
}

/// `~1` is a slash and `~0` a tilde; any other tilde stands for itself.
fn unescape(word: &str) -> Cow<'_, str> {
    if word.contains('~') {
        // A tilde that came from `~0` must not start a new escape, so the slash goes first.
        Cow::Owned(word.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(word)
    }
}

#[cfg(test)]
mod tests;
