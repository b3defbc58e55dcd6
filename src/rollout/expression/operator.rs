//! What signs do to values.

use std::cmp::Ordering;

use jiff::SignedDuration;
use regex::Regex;

use super::{
    eval::{MAX_STEPS, order},
    value::{Type, Value},
};

/// A sign before a value.
pub fn unary(sign: &str, value: Value) -> Result<Value, String> {
    match (sign, value) {
        ("!" | "not", Value::Bool(holds)) => Ok(Value::Bool(!holds)),
        ("-", Value::Int(number)) => Ok(Value::Int(number.wrapping_neg())),
        ("-", Value::Float(number)) => Ok(Value::Float(-number)),
        ("+", value @ (Value::Int(_) | Value::Float(_))) => Ok(value),
        (sign, other) => Err(format!(
            "invalid operation: {sign} {}",
            other.printed_kind()
        )),
    }
}

/// A sign between values; those that need not see the right one are done before.
pub fn binary(sign: &str, left: Value, right: Value) -> Result<Value, String> {
    let wrong = |left: &Value, right: &Value| {
        let (left, right) = (left.printed_kind(), right.printed_kind());
        Err(format!("invalid operation: {left} {sign} {right}"))
    };
    match sign {
        "==" => return Ok(Value::Bool(left.equals(&right))),
        "!=" => return Ok(Value::Bool(!left.equals(&right))),
        "in" => return contains(&left, &right),
        "<" | ">" | "<=" | ">=" => {
            let Some(order) = order(&left, &right) else {
                return wrong(&left, &right);
            };
            // NaN is neither below nor above.
            let holds = order.is_some_and(|order| match sign {
                "<" => order == Ordering::Less,
                ">" => order == Ordering::Greater,
                "<=" => order != Ordering::Greater,
                _ => order != Ordering::Less,
            });
            return Ok(Value::Bool(holds));
        }
        _ => {}
    }
    match (sign, &left, &right) {
        ("+", Value::Text(a), Value::Text(b)) => Ok(Value::Text(format!("{a}{b}"))),
        ("matches", Value::Text(text), Value::Text(pattern)) => Regex::new(pattern)
            .map(|pattern| Value::Bool(pattern.is_match(text)))
            .map_err(|_| format!("error parsing regexp: {pattern:?}")),
        ("contains", Value::Text(a), Value::Text(b)) => Ok(Value::Bool(a.contains(b.as_str()))),
        ("startsWith", Value::Text(a), Value::Text(b)) => {
            Ok(Value::Bool(a.starts_with(b.as_str())))
        }
        ("endsWith", Value::Text(a), Value::Text(b)) => Ok(Value::Bool(a.ends_with(b.as_str()))),
        ("..", Value::Int(from), Value::Int(to)) => range(*from, *to),
        ("%", Value::Int(_), Value::Int(0)) => {
            Err("runtime error: integer divide by zero".to_owned())
        }
        ("+", Value::Int(a), Value::Int(b)) => Ok(Value::Int(a.wrapping_add(*b))),
        ("-", Value::Int(a), Value::Int(b)) => Ok(Value::Int(a.wrapping_sub(*b))),
        ("*", Value::Int(a), Value::Int(b)) => Ok(Value::Int(a.wrapping_mul(*b))),
        ("%", Value::Int(a), Value::Int(b)) => Ok(Value::Int(a.wrapping_rem(*b))),
        _ => match instants(sign, &left, &right).or_else(|| floats(sign, &left, &right)) {
            Some(value) => Ok(value),
            None => wrong(&left, &right),
        },
    }
}

fn floats(sign: &str, left: &Value, right: &Value) -> Option<Value> {
    let (a, b) = (left.number()?, right.number()?);
    Some(Value::Float(match sign {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "**" | "^" => a.powf(b),
        _ => return None,
    }))
}

fn instants(sign: &str, left: &Value, right: &Value) -> Option<Value> {
    Some(match (sign, left, right) {
        ("+", Value::Time(at), Value::Span(by)) | ("+", Value::Span(by), Value::Time(at)) => {
            Value::Time(at.checked_add(*by).ok()?)
        }
        ("-", Value::Time(at), Value::Span(by)) => Value::Time(at.checked_sub(*by).ok()?),
        ("-", Value::Time(a), Value::Time(b)) => Value::Span(a.duration_since(*b)),
        ("+", Value::Span(a), Value::Span(b)) => Value::Span(a.checked_add(*b)?),
        ("-", Value::Span(a), Value::Span(b)) => Value::Span(a.checked_sub(*b)?),
        ("*", Value::Span(span), number) | ("*", number, Value::Span(span)) => {
            let seconds = span.as_secs_f64() * number.number()?;
            Value::Span(SignedDuration::try_from_secs_f64(seconds).ok()?)
        }
        _ => return None,
    })
}

fn range(from: i64, to: i64) -> Result<Value, String> {
    let length = to.saturating_sub(from).saturating_add(1);
    let is_long = usize::try_from(length).is_ok_and(|length| length > MAX_STEPS);
    if is_long {
        return Err("memory budget exceeded".to_owned());
    }
    let items = (from..=to).map(Value::Int).collect();
    Ok(Value::List(items, Box::new(Type::Int)))
}

fn contains(item: &Value, list: &Value) -> Result<Value, String> {
    match (item, list) {
        (_, Value::List(items, _)) => Ok(Value::Bool(items.iter().any(|other| other.equals(item)))),
        (Value::Text(key), Value::Map(map)) => Ok(Value::Bool(map.contains_key(key))),
        (_, Value::Nil) => Ok(Value::Bool(false)),
        (_, other) => Err(format!(
            "operator \"in\" not defined on {}",
            other.printed_kind()
        )),
    }
}

/// A member of a map, or an element of a list; negative indexes count from the end.
pub fn member(of: Value, key: &Value) -> Result<Value, String> {
    let shown = match key {
        Value::Text(name) => name.clone(),
        Value::Int(index) => index.to_string(),
        other => format!("{other:?}"),
    };
    match (of, key) {
        (Value::Map(mut map), Value::Text(name)) => Ok(map.remove(name).unwrap_or(Value::Nil)),
        (Value::List(mut items, _), Value::Int(index)) => {
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let at = if *index < 0 { length + index } else { *index };
            match usize::try_from(at).ok().filter(|at| *at < items.len()) {
                Some(at) => Ok(items.swap_remove(at)),
                None => Err(format!(
                    "index out of range: {at} (array length is {length})"
                )),
            }
        }
        (other, _) => Err(format!(
            "cannot fetch {shown} from {}",
            other.printed_kind()
        )),
    }
}

/// A part of a list or of a text; bounds outside are drawn in.
pub fn slice(of: Value, from: Option<Value>, to: Option<Value>) -> Result<Value, String> {
    let bounds = |length: usize| {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let bound = |value: &Option<Value>, absent: i64| match value {
            Some(Value::Int(at)) if *at < 0 => (length + at).clamp(0, length),
            Some(Value::Int(at)) => (*at).clamp(0, length),
            _ => absent,
        };
        let (from, to) = (bound(&from, 0), bound(&to, length));
        let whole = |at: i64| usize::try_from(at).unwrap_or(0);
        (whole(from.min(to)), whole(to))
    };
    match of {
        Value::List(items, kind) => {
            let (from, to) = bounds(items.len());
            let part = items.get(from..to).unwrap_or_default().to_vec();
            Ok(Value::List(part, kind))
        }
        Value::Text(text) => {
            let (from, to) = bounds(text.len());
            Ok(Value::Text(
                text.get(from..to).unwrap_or_default().to_owned(),
            ))
        }
        other => Err(format!("cannot slice {}", other.printed_kind())),
    }
}
