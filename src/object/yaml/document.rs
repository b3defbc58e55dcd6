//! One document of a stream.

use std::fmt;

use serde_json::Value;

use super::position::{Place, Places, Position};
use crate::secret::MASK;

/// One document of a stream, as kubectl would send it to the server.
///
/// `Debug` shows no value: it may be a Secret.
#[derive(Clone, PartialEq)]
pub struct Document {
    /// What the document says. Whole numbers are integers; those beyond 64 bits with a sign are floats.
    pub value: Value,
    /// The line of its first value, from 1.
    pub line: usize,
    /// Whether it was read as JSON.
    pub is_json: bool,
    /// Where its values stand, when the options ask for it.
    pub places: Option<Places>,
}

impl Document {
    /// Where the value that a JSON pointer leads to stands; `None` unless positions were asked for.
    pub fn place(&self, pointer: &str) -> Option<Place> {
        self.places.as_ref()?.at(pointer)
    }

    /// The position of the value that a JSON pointer leads to.
    pub fn position(&self, pointer: &str) -> Option<Position> {
        self.place(pointer).map(|place| place.value)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("value", &MASK)
            .field("line", &self.line)
            .field("is_json", &self.is_json)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let document = Document {
            value: Value::from("planted"),
            line: 7,
            is_json: false,
            places: None,
        };
        let shown = format!("{document:?}");
        assert!(
            shown.contains("line: 7") && !shown.contains("planted"),
            "{shown}"
        );
    }
}
