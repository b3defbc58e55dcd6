//! Floating-point numbers where a text is wanted, as `sigs.k8s.io/yaml` makes texts of them.
//!
//! `stringData: {pin: 1e10}` is the text `1e+10` to the original. A document's value alone cannot tell
//! it from `10000000000`, so the text of the scalar is looked at again, for such documents only.
//! The original goes through 32 bits and so drops digits in silence; such a number is refused here.

use serde_json::Value;

use super::failure::Failure;
use crate::object::yaml::{Document, ReadOptions, documents};

/// Maps whose values are texts.
const TEXT_MAPS: &[&str] = &["/stringData", "/metadata/labels", "/metadata/annotations"];
/// Single texts.
const TEXTS: &[&str] = &["/metadata/name", "/metadata/namespace", "/type"];

/// Makes texts of the floats that stand where a text is wanted; `place` counts the documents from 0.
///
/// # Errors
/// A number that the original would change; the message names the field.
pub fn settle(document: &mut Document, bytes: &[u8], place: usize) -> Result<(), Failure> {
    let pointers = number_places(&document.value);
    if document.is_json || pointers.is_empty() {
        return Ok(());
    }
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    let Some(Ok(placed)) = documents(bytes, &options).nth(place) else {
        return Ok(());
    };
    for pointer in pointers {
        let Some(position) = placed.position(&pointer) else {
            continue;
        };
        let raw = scalar_at(bytes, position.offset);
        let Some(value) = document.value.pointer_mut(&pointer) else {
            continue;
        };
        let Some(float) = float_of(&raw, value) else {
            continue;
        };
        let text = go_shortest(&format!("{float:e}"), float);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is lost is what is asked"
        )]
        let short = float as f32;
        if go_shortest(&format!("{short:e}"), short) != text {
            return Err(Failure(format!(
                "{}: the number would lose digits as a text, write it in quotes",
                pointer.trim_start_matches('/').replace('/', ".")
            )));
        }
        *value = text.into();
    }
    Ok(())
}

fn number_places(value: &Value) -> Vec<String> {
    let single = TEXTS
        .iter()
        .filter(|pointer| value.pointer(pointer).is_some_and(Value::is_number))
        .map(|pointer| (*pointer).to_owned());
    let mapped = TEXT_MAPS.iter().flat_map(|pointer| {
        let map = value.pointer(pointer).and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .filter(|(_, value)| value.is_number())
            .map(move |(name, _)| {
                let name = name.replace('~', "~0").replace('/', "~1");
                format!("{pointer}/{name}")
            })
    });
    single.chain(mapped).collect()
}

/// The plain scalar that begins at an offset.
fn scalar_at(bytes: &[u8], offset: usize) -> String {
    let rest = bytes.get(offset..).unwrap_or_default();
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",}]".contains(byte);
    let end = rest.iter().position(is_end).unwrap_or(rest.len());
    String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()
}

/// The number as a float; `None` for whole numbers, whose text is their digits.
fn float_of(raw: &str, value: &Value) -> Option<f64> {
    let plain = raw.replace('_', "");
    let is_hex = plain.trim_start_matches(['+', '-']).starts_with("0x");
    let looks_float = !is_hex && plain.contains(['.', 'e', 'E']);
    if !looks_float && !value.is_f64() {
        return None;
    }
    if looks_float {
        plain.parse().ok()
    } else {
        value.as_f64()
    }
}

/// Go's `strconv.FormatFloat` with format `g` and the shortest precision, from the scientific form.
fn go_shortest(scientific: &str, value: impl ToString) -> String {
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts are those of Go 1.26.
    #[test]
    fn floats_are_written_as_go_does() {
        for (value, text) in [
            (1.0, "1"),
            (12.5, "12.5"),
            (1e10, "1e+10"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-1.5e300, "-1.5e+300"),
            (1.234_567_890_123_456_8e20, "1.2345678901234568e+20"),
        ] {
            assert_eq!(go_shortest(&format!("{value:e}"), value), text);
        }
    }

    #[test]
    fn only_floats_become_other_texts() {
        let text =
            "a: 0\n---\nstringData: {a: 1e10, b: 10000000000, c: 0x1F, d: 1_000.50, e: 1.0}\n";
        let options = ReadOptions::default();
        let mut document = documents(text.as_bytes(), &options)
            .nth(1)
            .unwrap()
            .unwrap();
        settle(&mut document, text.as_bytes(), 1).unwrap();
        assert_eq!(
            document.value["stringData"],
            serde_json::json!({"a": "1e+10", "b": 10_000_000_000_u64, "c": 31, "d": "1000.5", "e": "1"})
        );
    }

    #[test]
    fn a_number_that_would_lose_digits_is_refused() {
        let text = "stringData: {pi: 3.14159265358979}\n";
        let options = ReadOptions::default();
        let mut document = documents(text.as_bytes(), &options)
            .next()
            .unwrap()
            .unwrap();
        let error = settle(&mut document, text.as_bytes(), 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "stringData.pi: the number would lose digits as a text, write it in quotes"
        );
    }
}
