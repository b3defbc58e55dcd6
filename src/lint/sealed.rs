//! What a value of `encryptedData` is, judged without any key: its lengths, its alphabet, its bytes.

use super::{form, value};
use crate::api::{
    base64,
    sealed_secret::layout::{LENGTH_BYTES, TAG_BYTES},
};

/// Lengths of an RSA block, in bytes, that keys have.
const RSA_BYTES: &[usize] = &[256, 384, 512, 640, 768, 1024];
/// What random bytes do at most once in a million values, each of these alone ten times more seldom.
const MAX_ASCII_RUN: usize = 30;
const MAX_EQUAL_RUN: usize = 6;
const WINDOW: usize = 7;
/// The longest word for a value to come.
const MAX_PLACEHOLDER: usize = 200;

/// What a sealed slot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// A word for a value to come.
    Placeholder,
    /// No base64; where it stops, and whether spaces are in it.
    NotBase64 {
        /// Byte at which decoding stops.
        at: usize,
        /// Whether spaces are what is wrong.
        has_spaces: bool,
    },
    /// Base64 of something readable.
    Readable(&'static str),
    /// Lengths that no sealed value has.
    Impossible(String),
    /// A sealed value.
    Value(Layout),
}

/// The lengths of a sealed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of the RSA block.
    pub rsa_bytes: usize,
    /// Bytes of the plain value.
    pub plain_bytes: usize,
    /// All bytes behind the length.
    bytes: Vec<u8>,
}

impl Layout {
    /// The RSA block as a number, big-endian.
    pub fn block(&self) -> &[u8] {
        self.bytes.get(..self.rsa_bytes).unwrap_or_default()
    }

    /// Why the bytes are not random, if they are not.
    pub fn oddity(&self) -> Option<&'static str> {
        oddity(&self.bytes)
    }
}

/// Judges one value.
pub fn judge(text: &str) -> Sealed {
    let trimmed = text.trim();
    if trimmed.len() <= MAX_PLACEHOLDER && value::is_placeholder(trimmed) {
        return Sealed::Placeholder;
    }
    let bytes = match base64::decode(text) {
        Ok(bytes) => bytes,
        Err(error) => {
            let has_spaces = trimmed.contains([' ', '\t']);
            return Sealed::NotBase64 {
                at: error.at,
                has_spaces,
            };
        }
    };
    let rsa_bytes = bytes
        .first_chunk::<LENGTH_BYTES>()
        .map(|head| usize::from(u16::from_be_bytes(*head)));
    let least = rsa_bytes.map(|rsa| LENGTH_BYTES + rsa + TAG_BYTES);
    match (rsa_bytes, least) {
        (Some(rsa_bytes), Some(least))
            if RSA_BYTES.contains(&rsa_bytes) && bytes.len() >= least =>
        {
            let rest = bytes.get(LENGTH_BYTES..).unwrap_or_default();
            Sealed::Value(Layout {
                rsa_bytes,
                plain_bytes: bytes.len() - least,
                bytes: rest.to_vec(),
            })
        }
        _ => {
            if let Some(what) = readable(&bytes) {
                return Sealed::Readable(what);
            }
            Sealed::Impossible(match (rsa_bytes, least) {
                (Some(rsa), Some(least)) if RSA_BYTES.contains(&rsa) => {
                    format!(
                        "it has {} bytes, and at least {least} are needed: it is cut short",
                        bytes.len()
                    )
                }
                (Some(rsa), _) => {
                    format!("it says that its RSA block has {rsa} bytes, which no key gives")
                }
                _ => format!("it has only {} bytes", bytes.len()),
            })
        }
    }
}

/// What readable thing some bytes are.
fn readable(bytes: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.trim().is_empty() {
        return None;
    }
    if let Some(what) = form::known(text) {
        return Some(what);
    }
    if text.trim_start().starts_with("-----BEGIN ") {
        return Some("PEM");
    }
    let is_printable = text
        .chars()
        .all(|letter| !letter.is_control() || letter.is_whitespace());
    if !is_printable {
        return None;
    }
    if text.trim_start().starts_with(['{', '[']) {
        return Some("JSON");
    }
    Some("text")
}

/// Why bytes are not random.
fn oddity(bytes: &[u8]) -> Option<&'static str> {
    let longest = |same: &dyn Fn(u8, u8) -> bool| {
        let (mut longest, mut run, mut before) = (0, 0, 0);
        for byte in bytes {
            run = if same(before, *byte) { run + 1 } else { 1 };
            longest = longest.max(run);
            before = *byte;
        }
        longest
    };
    if longest(&|one, other| one == other) >= MAX_EQUAL_RUN {
        return Some("one byte is repeated");
    }
    let is_text = |byte: u8| (0x20..0x7f).contains(&byte);
    if longest(&|one, other| is_text(one) && is_text(other)) >= MAX_ASCII_RUN {
        return Some("there is readable text in it");
    }
    let number = |window: &[u8]| {
        window
            .iter()
            .fold(0_u64, |all, byte| (all << 8) | u64::from(*byte))
    };
    let mut windows: Vec<u64> = bytes.windows(WINDOW).map(number).collect();
    windows.sort_unstable();
    if windows.windows(2).any(|pair| pair.first() == pair.last()) {
        return Some("a sequence of bytes is repeated");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that look random, from a number.
    fn noise(length: usize, mut seed: u64) -> Vec<u8> {
        (0..length)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                (seed >> 32) as u8
            })
            .collect()
    }

    fn item(rsa: usize, plain: usize, seed: u64) -> Vec<u8> {
        let mut bytes = u16::try_from(rsa).unwrap().to_be_bytes().to_vec();
        bytes.extend(noise(rsa + plain + TAG_BYTES, seed));
        bytes
    }

    #[test]
    fn lengths_are_exact() {
        for (rsa, plain) in [(256, 0), (384, 5), (512, 1000)] {
            match judge(&base64::encode(&item(rsa, plain, 88_172_645_463_325_252))) {
                Sealed::Value(layout) => {
                    assert_eq!((layout.rsa_bytes, layout.plain_bytes), (rsa, plain));
                    assert_eq!(layout.oddity(), None);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn random_values_are_never_odd() {
        for seed in 1..5_000_u64 {
            let bytes = item(512, 40, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            assert_eq!(oddity(&bytes[2..]), None, "{seed}");
        }
    }

    #[test]
    fn other_things_are_told_apart() {
        for (text, expected) in [
            ("CHANGEME", Sealed::Placeholder),
            ("aHVudGVyMg==", Sealed::Readable("text")),
            ("eyJhIjogMX0=", Sealed::Readable("JSON")),
            (
                "AgBy 3i4O",
                Sealed::NotBase64 {
                    at: 4,
                    has_spaces: true,
                },
            ),
        ] {
            assert_eq!(judge(text), expected, "{text}");
        }
        assert!(matches!(judge("AgAA"), Sealed::Impossible(_)));
        let mut odd = item(256, 9, 7);
        odd[20..60].copy_from_slice(b"this text was typed in by hand, surely!!");
        assert!(
            matches!(judge(&base64::encode(&odd)), Sealed::Value(layout) if layout.oddity().is_some())
        );
    }
}
