//! Where in the text a value stands.

use std::{collections::BTreeMap, fmt};

/// A place in the text of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes from the start of the stream.
    pub offset: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Where one field or list entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The field's key; absent for list entries and for the document itself.
    pub key: Option<Position>,
    /// The first character of the value.
    pub value: Position,
}

/// Where every value of a document stands, as a tree of the same shape as the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The place of this value.
    pub place: Place,
    /// The places of its fields by key, or of its list entries by index.
    pub inside: BTreeMap<String, Places>,
}

impl Places {
    /// The place that a JSON pointer (RFC 6901, `""` is the whole document) leads to.
    pub fn at(&self, pointer: &str) -> Option<Place> {
        let mut here = self;
        let mut steps = pointer.split('/');
        if steps.next() != Some("") {
            return None;
        }
        for step in steps {
            here = here
                .inside
                .get(&step.replace("~1", "/").replace("~0", "~"))?;
        }
        Some(here.place)
    }
}

/// Finds lines and columns, going forward only, so that the whole text is read once.
pub(super) struct Locator<'a> {
    bytes: &'a [u8],
    here: Position,
}

impl<'a> Locator<'a> {
    pub(super) fn new(bytes: &'a [u8], start: Position) -> Self {
        Self { bytes, here: start }
    }

    /// The position of an offset, which must not be before the last one asked for.
    pub(super) fn at(&mut self, offset: usize) -> Position {
        for byte in self.bytes.get(self.here.offset..offset).unwrap_or_default() {
            if *byte == b'\n' {
                self.here.line += 1;
                self.here.column = 1;
            } else if byte & 0xc0 != 0x80 {
                // Every byte but the later ones of a letter.
                self.here.column += 1;
            }
        }
        self.here.offset = self.here.offset.max(offset);
        self.here
    }
}
