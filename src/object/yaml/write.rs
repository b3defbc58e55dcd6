//! Writes a value as `sigs.k8s.io/yaml` does.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::{
    ink::Ink,
    number::{Whole, general, whole_of},
    order::Natural,
    style::{Style, is_break, style_of},
};

/// Longer keys, in bytes, stand behind `? `.
const MAX_SIMPLE_KEY: usize = 128;

/// Writes one document byte for byte as `sigs.k8s.io/yaml.Marshal` does, without a leading `---`.
///
/// It ends with a line feed. What the original refuses to write (some control characters) is escaped.
pub fn write(value: &Value) -> String {
    let mut ink = Ink::new();
    node(&mut ink, value, false);
    ink.finish()
}

fn node(ink: &mut Ink, value: &Value, behind_key: bool) {
    match value {
        Value::Null => ink.scalar("null", Style::Plain, true),
        Value::Bool(true) => ink.scalar("true", Style::Plain, true),
        Value::Bool(false) => ink.scalar("false", Style::Plain, true),
        Value::Number(number) => ink.scalar(&digits(number), Style::Plain, true),
        Value::String(text) => ink.scalar(text, style_of(text, false), true),
        Value::Array(items) if items.is_empty() => ink.empty('[', ']'),
        Value::Array(items) => list(ink, items, behind_key),
        Value::Object(fields) if fields.is_empty() => ink.empty('{', '}'),
        Value::Object(fields) => map(ink, fields),
    }
}

fn list(ink: &mut Ink, items: &[Value], behind_key: bool) {
    let outer = ink.enter(behind_key && ink.is_behind_key());
    for item in items {
        ink.start_line();
        ink.indicator('-', true, true);
        node(ink, item, false);
    }
    ink.leave(outer);
}

fn map(ink: &mut Ink, fields: &Map<String, Value>) {
    let outer = ink.enter(false);
    let sorted: BTreeMap<Natural<'_>, &Value> = fields
        .iter()
        .map(|(key, value)| (Natural(key), value))
        .collect();
    for (Natural(key), value) in sorted {
        ink.start_line();
        if key.len() <= MAX_SIMPLE_KEY && !key.contains(is_break) {
            ink.scalar(key, style_of(key, true), false);
            ink.indicator(':', false, false);
        } else {
            ink.indicator('?', true, true);
            ink.scalar(key, style_of(key, false), true);
            ink.start_line();
            ink.indicator(':', true, true);
        }
        node(ink, value, true);
    }
    ink.leave(outer);
}

/// A number with the digits of Go: whole floats as integers, others by `%g`.
fn digits(number: &Number) -> String {
    if number.is_f64() {
        let value = number.as_f64().unwrap_or_default();
        return match whole_of(value) {
            Some(Whole::Signed(whole)) => whole.to_string(),
            Some(Whole::Unsigned(whole)) => whole.to_string(),
            None => general(value),
        };
    }
    number.to_string()
}
