//! JSON, as Go's `encoding/json` writes and reads it.

use serde_json::Value as Json;

use super::{
    super::{
        budget::{Budget, MAX_DEPTH, MAX_OUTPUT_BYTES},
        print, quote,
        template_error::Limit,
        value::{Text as Bytes, Value},
    },
    date,
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Any, Text},
        any, bytes,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("fromJson", &[Text], |call, values| {
        match parsed(call, bytes(values, 0)) {
            Err(Fault::Failed) => Ok(Value::Nil),
            other => other,
        }
    }),
    Function::new("mustFromJson", &[Text], |call, values| {
        parsed(call, bytes(values, 0))
    }),
    Function::new("toJson", &[Any], |call, values| {
        or_empty(call, values, PLAIN)
    }),
    Function::new("toPrettyJson", &[Any], |call, values| {
        or_empty(call, values, PRETTY)
    }),
    Function::new("toRawJson", &[Any], |call, values| {
        written(call, values, RAW)
    }),
    Function::new("mustToJson", &[Any], |call, values| {
        written(call, values, PLAIN)
    }),
    Function::new("mustToPrettyJson", &[Any], |call, values| {
        written(call, values, PRETTY)
    }),
    Function::new("mustToRawJson", &[Any], |call, values| {
        written(call, values, RAW)
    }),
];

#[derive(Clone, Copy)]
struct Style {
    is_pretty: bool,
    escapes_html: bool,
}

const PLAIN: Style = Style {
    is_pretty: false,
    escapes_html: true,
};
const PRETTY: Style = Style {
    is_pretty: true,
    escapes_html: true,
};
const RAW: Style = Style {
    is_pretty: false,
    escapes_html: false,
};

fn written(call: &mut Call, values: &[Value], style: Style) -> Called {
    let mut out = Vec::new();
    write(call.budget, &mut out, any(values, 0), style, 0)?;
    call.text(out)
}

fn or_empty(call: &mut Call, values: &[Value], style: Style) -> Called {
    match written(call, values, style) {
        Err(Fault::Failed) => Ok(Value::text("")),
        other => other,
    }
}

fn write(
    budget: &mut Budget,
    out: &mut Vec<u8>,
    value: &Value,
    style: Style,
    depth: usize,
) -> Result<(), Fault> {
    budget.take(1)?;
    if depth > MAX_DEPTH {
        return Err(Limit::Depth.into());
    }
    match value {
        Value::Missing | Value::Nil => out.extend_from_slice(b"null"),
        Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Uint8(_) | Value::Uint64(_) => {
            out.extend_from_slice(print::to_text(value, budget)?.bytes());
        }
        Value::Float(float) => out.extend_from_slice(float_text(*float)?.as_bytes()),
        Value::Complex(..) => return Err(Fault::Failed),
        Value::Text(text) => write_text(out, text.bytes(), style),
        Value::Time(time) => write_text(out, date::rfc3339(*time).as_bytes(), style),
        Value::Version(version) => write_text(out, version.shown().as_bytes(), style),
        Value::List(list) if list.is_nil => out.extend_from_slice(b"null"),
        Value::List(list) => {
            let count = list.items.len();
            out.push(b'[');
            for (place, item) in list.items.iter().enumerate() {
                line(out, place, style, depth + 1);
                write(budget, out, item, style, depth + 1)?;
            }
            close(out, count, b']', style, depth);
        }
        Value::Map(map) => {
            let entries = map.entries.borrow();
            out.push(b'{');
            for (place, (key, item)) in entries.iter().enumerate() {
                line(out, place, style, depth + 1);
                write_text(out, key.bytes(), style);
                out.extend_from_slice(if style.is_pretty { b": " } else { b":" });
                write(budget, out, item, style, depth + 1)?;
            }
            close(out, entries.len(), b'}', style, depth);
        }
    }
    budget.take(1)?;
    if out.len() > MAX_OUTPUT_BYTES {
        return Err(Limit::Output.into());
    }
    Ok(())
}

fn line(out: &mut Vec<u8>, place: usize, style: Style, depth: usize) {
    if place > 0 {
        out.push(b',');
    }
    if style.is_pretty {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', depth * 2));
    }
}

fn close(out: &mut Vec<u8>, count: usize, end: u8, style: Style, depth: usize) {
    if style.is_pretty && count > 0 {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', depth * 2));
    }
    out.push(end);
}

fn float_text(float: f64) -> Result<String, Fault> {
    if !float.is_finite() {
        return Err(Fault::Failed);
    }
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = print::exponent_form(float, None);
        return Ok(text.replace("e-0", "e-"));
    }
    Ok(format!("{float}"))
}

fn write_text(out: &mut Vec<u8>, text: &[u8], style: Style) {
    out.push(b'"');
    for letter in quote::letters(text) {
        let Ok(letter) = letter else {
            out.extend_from_slice(b"\\ufffd");
            continue;
        };
        match letter {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '<' | '>' | '&' if !style.escapes_html => {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(letter)).as_bytes());
            }
            _ => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

fn parsed(call: &mut Call, text: &[u8]) -> Called {
    call.budget.take_bytes(text.len())?;
    call.budget.take(text.len() / 4)?;
    let text = String::from_utf8_lossy(text);
    let json: Json = serde_json::from_str(&text).map_err(|_| Fault::Failed)?;
    Ok(value_of(json))
}

fn value_of(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(is_true) => Value::Bool(is_true),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::text(text),
        Json::Array(items) => Value::list(items.into_iter().map(value_of).collect()),
        Json::Object(fields) => {
            let fields = fields.into_iter();
            Value::map(
                fields
                    .map(|(key, value)| (Bytes::from(key), value_of(value)))
                    .collect(),
            )
        }
    }
}
