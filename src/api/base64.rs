//! Base64 as Go's standard encoding reads it: line ends are skipped, padding is needed.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Text that is no base64; the message is Go's, with the place but nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {at}")]
pub struct Base64Error {
    /// Where Go's decoder stops.
    pub at: usize,
}

/// Encodes with the standard alphabet and padding.
pub fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Decodes as Go's `base64.StdEncoding` does.
///
/// # Errors
/// [`Base64Error`] with the position that Go reports.
pub fn decode(text: &str) -> Result<Vec<u8>, Base64Error> {
    if let Ok(bytes) = ENGINE.decode(text) {
        return Ok(bytes);
    }
    if let Some(at) = first_fault(text.as_bytes()) {
        return Err(Base64Error { at });
    }
    // Only the line ends were in the way.
    let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    ENGINE
        .decode(joined)
        .map_err(|_| Base64Error { at: text.len() })
}

/// The position of the first fault as Go's decoder counts it, or `None` when it finds none.
fn first_fault(text: &[u8]) -> Option<usize> {
    let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let mut filled = 0;
    let mut bytes = text
        .iter()
        .enumerate()
        .filter(|(_, byte)| !is_line_end(byte));
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => filled = (filled + 1) % 4,
            b'=' if filled >= 2 => {
                if filled == 2 {
                    match bytes.next() {
                        None => return Some(text.len()),
                        Some((_, b'=')) => {}
                        Some((second, _)) => return Some(second - 1),
                    }
                }
                return bytes.next().map(|(garbage, _)| garbage);
            }
            _ => return Some(at),
        }
    }
    (filled > 0).then(|| text.len() - filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YQ==", b"a"),
            ("YR==", b"a"),
            ("Y\nQ=\r\n=\n", b"a"),
            ("YWI=", b"ab"),
            ("YWJj\nYWJj", b"abcabc"),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(bytes), "{text:?}");
        }
    }

    /// The positions were taken from Go 1.26.
    #[test]
    fn says_the_place_that_go_says() {
        for (text, at) in [
            ("***", 0),
            ("YQ", 0),
            ("YQ=", 3),
            ("YQ==x", 4),
            ("YWJjY", 4),
            ("YWJj-WJj", 4),
            ("Y===", 1),
            ("YQ=x", 2),
            ("YWJjYW=\n", 8),
            ("b", 0),
        ] {
            assert_eq!(decode(text), Err(Base64Error { at }), "{text:?}");
        }
    }
}
