//! What a scalar means: YAML 1.1 as go-yaml version 2 reads it.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use super::{
    number::{Whole, decimal, general_short, pointed, whole, whole_of},
    options::Dialect,
    timestamp::{is_time, written_out},
};

/// The words that are booleans.
const BOOLEANS: &[(&str, bool)] = &[
    ("y", true),
    ("Y", true),
    ("yes", true),
    ("Yes", true),
    ("YES", true),
    ("true", true),
    ("True", true),
    ("TRUE", true),
    ("on", true),
    ("On", true),
    ("ON", true),
    ("n", false),
    ("N", false),
    ("no", false),
    ("No", false),
    ("NO", false),
    ("false", false),
    ("False", false),
    ("FALSE", false),
    ("off", false),
    ("Off", false),
    ("OFF", false),
];

/// What a plain scalar says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    Null,
    /// With the word that said so.
    Bool(bool, &'static str),
    Whole(Whole),
    Float(f64),
    /// A point in time, which stays a text.
    Time,
    Text,
}

/// Reads a plain scalar. Times are looked for only where no tag asks for something else.
pub(super) fn plain(text: &str, with_times: bool) -> Meaning {
    let Some(first) = text.bytes().next() else {
        return Meaning::Null;
    };
    match first {
        b'~' | b'n' | b'N' if matches!(text, "~" | "null" | "Null" | "NULL") => Meaning::Null,
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => BOOLEANS
            .iter()
            .find(|(word, _)| *word == text)
            .map_or(Meaning::Text, |(word, value)| Meaning::Bool(*value, word)),
        b'.' => special(text)
            .or_else(|| pointed(text))
            .map_or(Meaning::Text, Meaning::Float),
        b'+' | b'-' | b'0'..=b'9' => numeric(text, with_times),
        _ => Meaning::Text,
    }
}

fn numeric(text: &str, with_times: bool) -> Meaning {
    if let Some(value) = special(text) {
        return Meaning::Float(value);
    }
    if with_times && is_time(text) {
        return Meaning::Time;
    }
    let joined = text.replace('_', "");
    if let Some(value) = whole(&joined) {
        return Meaning::Whole(value);
    }
    decimal(&joined).map_or(Meaning::Text, Meaning::Float)
}

/// Infinities and "not a number".
fn special(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A scalar of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    /// With the word that said so.
    Bool(bool, &'static str),
    Whole(Whole),
    Float(f64),
    /// A whole number that only kustomize keeps exact.
    Large(u64),
    Text(String),
}

impl Scalar {
    /// Reads a scalar. `plain_style` is false for quoted and block scalars; the tag is the name behind
    /// `tag:yaml.org,2002:`, or empty for a tag of anyone else, whose value is the text as it stands.
    ///
    /// # Errors
    /// The class of what is wrong: the text does not fit the tag.
    pub(super) fn read(
        text: &str,
        plain_style: bool,
        tag: Option<&str>,
        dialect: Dialect,
    ) -> Result<Self, &'static str> {
        const MISFIT: &str = "the value does not fit its tag";
        let meaning = match tag {
            None if plain_style => plain(text, true),
            None => Meaning::Text,
            Some("binary") => return decoded(text).map(Self::Text),
            Some(tag @ ("bool" | "int" | "float" | "null" | "timestamp")) => {
                match (tag, plain(text, tag == "timestamp")) {
                    ("bool", meaning @ Meaning::Bool(..))
                    | ("int", meaning @ Meaning::Whole(_))
                    | ("float", meaning @ Meaning::Float(_))
                    | ("null", meaning @ Meaning::Null)
                    | ("timestamp", meaning @ Meaning::Time) => meaning,
                    ("float", Meaning::Whole(Whole::Signed(value))) => {
                        Meaning::Float(as_float(value))
                    }
                    _ => return Err(MISFIT),
                }
            }
            Some(_) => Meaning::Text,
        };
        if dialect == Dialect::Kustomize {
            match meaning {
                Meaning::Bool(_, word) if !is_core_boolean(word) => {
                    return Ok(Self::Text(text.to_owned()));
                }
                Meaning::Whole(Whole::Unsigned(value)) => return Ok(Self::Large(value)),
                Meaning::Time => return Ok(Self::Text(written_out(text))),
                _ => {}
            }
        }
        Ok(match meaning {
            Meaning::Null => Self::Null,
            Meaning::Bool(value, word) => Self::Bool(value, word),
            Meaning::Whole(value) => Self::Whole(value),
            Meaning::Float(value) => Self::Float(value),
            Meaning::Time | Meaning::Text => Self::Text(text.to_owned()),
        })
    }

    /// Bytes of its text.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            _ => 0,
        }
    }

    /// The value that kubectl sends: whole floats are integers, integers beyond a sign are floats.
    ///
    /// # Errors
    /// JSON has no infinity.
    pub(super) fn into_value(self) -> Result<Value, &'static str> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value, _) => Value::Bool(value),
            Self::Whole(Whole::Signed(value)) => Value::from(value),
            Self::Whole(Whole::Unsigned(value)) => Value::from(as_float(value)),
            Self::Float(value) if !value.is_finite() => {
                return Err("JSON has no infinity and no \"not a number\"");
            }
            Self::Float(value) => match whole_of(value) {
                Some(Whole::Signed(whole)) => Value::from(whole),
                _ => Value::from(value),
            },
            Self::Large(value) => Value::from(value),
            Self::Text(text) => Value::String(text),
        })
    }

    /// The key that kubectl makes of a scalar, but for the words `y`, `no`, `on` and the like: there
    /// kubectl makes "true" and "false", and nobody means that.
    ///
    /// # Errors
    /// Null and integers beyond a sign cannot be keys.
    pub(super) fn into_key(self) -> Result<String, &'static str> {
        Ok(match self {
            Self::Text(text) => text,
            Self::Large(value) => value.to_string(),
            Self::Bool(_, word) if is_core_boolean(word) => word.to_ascii_lowercase(),
            Self::Bool(_, word) => word.to_owned(),
            Self::Whole(Whole::Signed(value)) => value.to_string(),
            Self::Float(value) if value.is_nan() => ".nan".to_owned(),
            Self::Float(value) => general_short(value),
            Self::Whole(Whole::Unsigned(_)) => return Err("a key is too large a number"),
            Self::Null => return Err("a key must not be null"),
        })
    }
}

/// Whether a word is a boolean in YAML 1.2 too.
fn is_core_boolean(word: &str) -> bool {
    matches!(word, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

/// The nearest float, as Go converts.
#[expect(
    clippy::cast_precision_loss,
    reason = "the nearest float is what kubectl sends"
)]
fn as_float(value: impl Into<i128>) -> f64 {
    let value: i128 = value.into();
    value as f64
}

/// The bytes of `!!binary`, with each byte that is not UTF-8 replaced as Go's JSON does.
fn decoded(text: &str) -> Result<String, &'static str> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let bytes = LENIENT
        .decode(letters)
        .map_err(|_| "!!binary does not hold base64")?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(text)
}
