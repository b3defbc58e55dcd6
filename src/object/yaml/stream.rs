//! How a stream falls into pieces: lines with `---` part YAML documents, as kubectl's `YAMLReader` parts them.

use super::{
    error::{Limit, YamlError},
    position::{Locator, Position},
};

const SEPARATOR: &[u8] = b"---";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text between two separators.
pub(super) struct Piece<'a> {
    /// The text, or what is wrong with the separator behind it.
    pub(super) text: Result<&'a [u8], YamlError>,
    /// Where the text starts.
    pub(super) start: Position,
    /// Where the next piece starts.
    pub(super) rest: Position,
}

/// Where a stream starts: behind its byte order mark.
pub(super) fn start(bytes: &[u8]) -> Position {
    let offset = if bytes.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    Position {
        line: 1,
        column: 1,
        offset,
    }
}

/// Whether the stream starts with a brace, so that it may be JSON.
pub(super) fn looks_like_json(bytes: &[u8], start: Position) -> bool {
    let here = skip_space(bytes, start, false);
    bytes.get(here.offset) == Some(&b'{')
}

/// Goes over white space: all of it, or no further than the end of this line.
pub(super) fn skip_space(bytes: &[u8], start: Position, this_line: bool) -> Position {
    let rest = bytes.get(start.offset..).unwrap_or_default();
    let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    let mut count = spaces.count();
    if this_line && let Some(end) = line_length(rest.get(..count).unwrap_or_default()) {
        count = end;
    }
    Locator::new(bytes, start).at(start.offset + count)
}

/// The length of the first line with its line feed, if it has one.
fn line_length(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map(|at| at + 1)
}

/// The next piece that has a line, or `None` at the end of the stream.
pub(super) fn next_piece(bytes: &[u8], here: Position) -> Option<Piece<'_>> {
    let mut start = here;
    let mut next = here;
    // Directives belong to the document behind the separator that follows them.
    let (mut only_prefix, mut has_directive) = (true, false);
    loop {
        let rest = bytes.get(next.offset..).unwrap_or_default();
        if rest.is_empty() {
            let text = bytes.get(start.offset..).filter(|text| !text.is_empty())?;
            return Some(Piece {
                text: Ok(text),
                start,
                rest: next,
            });
        }
        let line = line_length(rest)
            .and_then(|length| rest.get(..length))
            .unwrap_or(rest);
        let after = Position {
            line: next.line + 1,
            column: 1,
            offset: next.offset + line.len(),
        };
        if next.column == 1
            && let Some(behind) = line.strip_prefix(SEPARATOR)
        {
            if !matches!(behind.trim_ascii().first(), None | Some(b'#')) {
                let text = Err(YamlError::Syntax {
                    at: next,
                    what: "only a comment may stand behind a document separator",
                });
                return Some(Piece {
                    text,
                    start,
                    rest: after,
                });
            }
            if only_prefix && has_directive {
                (only_prefix, has_directive) = (false, false);
            } else if start.offset == next.offset {
                start = after;
            } else {
                let text = bytes.get(start.offset..next.offset).unwrap_or_default();
                return Some(Piece {
                    text: Ok(text),
                    start,
                    rest: after,
                });
            }
        } else {
            match line.trim_ascii().first() {
                None | Some(b'#') => {}
                _ if line.starts_with(b"%") => has_directive = true,
                _ => only_prefix = false,
            }
        }
        next = after;
    }
}

/// The text of a piece, if it is small enough, UTF-8, and without the control characters that go-yaml
/// refuses.
pub(super) fn checked(bytes: &[u8], start: Position, most: usize) -> Result<&str, YamlError> {
    if bytes.len() > most {
        return Err(YamlError::TooLarge {
            at: start,
            limit: Limit::DocumentBytes,
            most,
        });
    }
    let broken = |offset: usize, what| {
        let from_start = Position { offset: 0, ..start };
        let mut at = Locator::new(bytes, from_start).at(offset);
        at.offset += start.offset;
        Err(YamlError::Syntax { at, what })
    };
    match std::str::from_utf8(bytes) {
        Err(error) => broken(error.valid_up_to(), "this is not UTF-8"),
        Ok(text) => match text.char_indices().find(|(_, letter)| is_refused(*letter)) {
            Some((offset, _)) => broken(offset, "a control character"),
            None => Ok(text),
        },
    }
}

fn is_refused(letter: char) -> bool {
    !matches!(letter,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}
