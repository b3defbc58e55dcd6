//! Go's own functions.

use super::{
    super::{print, quote, value::Value},
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Any, Text},
        Run, any, bytes, from,
    },
    url,
};

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "and",
        fixed: &[Any],
        rest: Some(Any),
        run: Run::And,
    },
    Function {
        name: "or",
        fixed: &[Any],
        rest: Some(Any),
        run: Run::Or,
    },
    Function::variadic("call", &[Any], Any, |_, _| Err(Fault::Failed)),
    Function::variadic("html", &[], Any, html),
    Function::variadic("index", &[Any], Any, index),
    Function::variadic("js", &[], Any, js),
    Function::new("len", &[Any], length),
    Function::new("not", &[Any], |_, values| {
        Ok(Value::Bool(!any(values, 0).is_true()))
    }),
    Function::variadic("print", &[], Any, |call, values| {
        print::sprint(values, call.budget).map(Value::Text)
    }),
    Function::variadic("printf", &[Text], Any, |call, values| {
        print::sprintf(bytes(values, 0), from(values, 1), call.budget).map(Value::Text)
    }),
    Function::variadic("println", &[], Any, |call, values| {
        print::sprintln(values, call.budget).map(Value::Text)
    }),
    Function::variadic("urlquery", &[], Any, |call, values| {
        let text = joined(call, values)?;
        call.text(url::query_escape(&text))
    }),
];

/// Arguments as one text, where nothing is `<no value>`.
fn joined(call: &mut Call, values: &[Value]) -> Result<Vec<u8>, Fault> {
    let shown: Vec<Value> = values
        .iter()
        .map(|value| match value {
            Value::Missing | Value::Nil => Value::text("<no value>"),
            other => other.clone(),
        })
        .collect();
    Ok(print::sprint(&shown, call.budget)?.bytes().to_vec())
}

fn html(call: &mut Call, values: &[Value]) -> Called {
    let text = joined(call, values)?;
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    call.text(out)
}

fn js(call: &mut Call, values: &[Value]) -> Called {
    let text = joined(call, values)?;
    let mut out = String::with_capacity(text.len());
    for letter in quote::letters(&text) {
        match letter.unwrap_or(char::REPLACEMENT_CHARACTER) {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            '=' => out.push_str("\\u003D"),
            letter if letter < ' ' || (!letter.is_ascii() && !quote::is_printable(letter)) => {
                out.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    call.text(out)
}

fn length(_: &mut Call, values: &[Value]) -> Called {
    let length = match any(values, 0) {
        Value::Text(text) => text.bytes().len(),
        Value::List(list) => list.items.len(),
        Value::Map(map) => map.entries.borrow().len(),
        _ => return Err(Fault::Failed),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn place(value: &Value) -> Result<usize, Fault> {
    let place = match value {
        Value::Int(int) | Value::Int64(int) => usize::try_from(*int).ok(),
        Value::Uint8(int) => Some(usize::from(*int)),
        Value::Uint64(int) => usize::try_from(*int).ok(),
        _ => None,
    };
    place.ok_or(Fault::Failed)
}

fn index(_: &mut Call, values: &[Value]) -> Called {
    let mut item = any(values, 0).clone();
    if item.is_nothing() {
        return Err(Fault::Failed);
    }
    for index in from(values, 1) {
        item = match &item {
            Value::Text(text) => {
                let byte = text.bytes().get(place(index)?);
                byte.map(|byte| Value::Uint8(*byte)).ok_or(Fault::Failed)?
            }
            Value::List(list) => {
                let found = list.items.get(place(index)?);
                found.cloned().ok_or(Fault::Failed)?
            }
            Value::Map(map) => match index {
                Value::Text(key) => match map.entries.borrow().get(key) {
                    Some(value) => value.clone(),
                    None if map.is_text => Value::text(""),
                    None => Value::Nil,
                },
                _ => return Err(Fault::Failed),
            },
            _ => return Err(Fault::Failed),
        };
    }
    Ok(item)
}
