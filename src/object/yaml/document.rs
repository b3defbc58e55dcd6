//! One document of a stream.

use serde_json::Value;

use super::position::{Place, Places, Position};

/// One document of a stream, as kubectl would send it to the server.
#[derive(Clone, Debug, PartialEq)]
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
