//! From what the Go object would hold to the JSON that Go writes of it, fields of nothing included.

use serde_json::{Map, Number, Value};

use super::{
    error::ProtobufError,
    form,
    message::{Content, One, Sent},
    table::{self, Arity, Field, Form, Kind, Message},
};
use crate::api::base64;

/// The JSON of a message.
///
/// # Errors
/// It holds a value that JSON cannot show.
pub fn show(place: usize, sent: &Sent) -> Result<Value, ProtobufError> {
    let Some(message) = table::message(place) else {
        return Ok(Value::Null);
    };
    if message.form == Form::Struct {
        let mut object = Map::new();
        fields(message, sent, &mut object)?;
        return Ok(Value::Object(object));
    }
    form::show(message, sent)
}

fn fields(
    message: &'static Message,
    sent: &Sent,
    object: &mut Map<String, Value>,
) -> Result<(), ProtobufError> {
    for field in &message.fields {
        let content = sent.fields.get(&field.number);
        if !field.is_inline() {
            if let Some(value) = shown(field, content)? {
                object.insert(field.name.to_owned(), value);
            }
            continue;
        }
        let Kind::Message(place) = field.kind else {
            continue;
        };
        let nothing = Sent::default();
        let inner = match content {
            Some(Content::One(One::Message(inner))) => inner,
            _ if field.is_pointer => continue,
            _ => &nothing,
        };
        if let Some(message) = table::message(place) {
            fields(message, inner, object)?;
        }
    }
    Ok(())
}

/// What Go writes of a field that holds nothing, or nothing where it leaves the field out.
pub fn absent(field: &Field) -> Option<Value> {
    // Only what is sent can be unshowable.
    shown(field, None).ok().flatten()
}

/// The value of a field as JSON has it, or nothing where Go leaves it out.
fn shown(field: &Field, content: Option<&Content>) -> Result<Option<Value>, ProtobufError> {
    let omits = field.omits_empty;
    Ok(match (field.arity, content) {
        (Arity::List, Some(Content::List(list))) if !list.is_empty() => {
            let items = list.iter().map(|one| value(field, one));
            Some(Value::Array(items.collect::<Result<_, _>>()?))
        }
        (Arity::Map, Some(Content::Map(map))) => Some(Value::Object(
            map.iter()
                .map(|(key, one)| {
                    let shown = match one {
                        Some(one) => value(field, one)?,
                        None => zero(field)?,
                    };
                    Ok((text(key), shown))
                })
                .collect::<Result<_, ProtobufError>>()?,
        )),
        (Arity::List | Arity::Map, _) => (!omits).then_some(Value::Null),
        (Arity::One, Some(Content::One(one))) => {
            let is_empty = match (field.kind, one) {
                (Kind::Message(place), One::Message(sent)) => {
                    (omits && is_empty_list(place, sent))
                        || (field.omits_zero && is_zero(place, sent))
                }
                (Kind::Bytes, One::Bytes(bytes)) => omits && bytes.is_empty(),
                (Kind::Int32, One::Number(number)) => {
                    omits && !field.is_pointer && int32(*number) == 0
                }
                (_, One::Number(number)) => omits && !field.is_pointer && *number == 0,
                (_, One::Bytes(bytes)) => omits && !field.is_pointer && bytes.is_empty(),
                (_, One::Double(number)) => omits && !field.is_pointer && *number == 0.0,
                _ => false,
            };
            if is_empty {
                None
            } else {
                Some(value(field, one)?)
            }
        }
        (Arity::One, _) if field.is_pointer => (!omits).then_some(Value::Null),
        (Arity::One, _) => match field.kind {
            Kind::Message(place) => {
                let is_list = table::message(place).is_some_and(|m| m.form == Form::Items);
                match (is_list, omits || field.omits_zero) {
                    (true, true) => None,
                    (true, false) => Some(Value::Null),
                    (false, _) if field.omits_zero => None,
                    (false, _) => Some(zero(field)?),
                }
            }
            _ => {
                if omits {
                    None
                } else {
                    Some(zero(field)?)
                }
            }
        },
    })
}

/// A wrapped list without items is left out as any empty list is.
fn is_empty_list(place: usize, sent: &Sent) -> bool {
    table::message(place).is_some_and(|message| message.form == Form::Items)
        && sent.fields.is_empty()
}

/// Whether Go's `omitzero` leaves a message out. Times alone have it.
fn is_zero(place: usize, sent: &Sent) -> bool {
    table::message(place).is_some_and(|message| match message.form {
        Form::Time | Form::MicroTime => form::is_zero_time(sent),
        _ => !sent.is_present,
    })
}

/// What Go shows of a value that was not sent.
fn zero(field: &Field) -> Result<Value, ProtobufError> {
    Ok(match field.kind {
        Kind::Text => "".into(),
        Kind::Bytes => Value::Null,
        Kind::Bool => false.into(),
        Kind::Int32 | Kind::Int64 | Kind::Double => 0.into(),
        Kind::Message(place) => show(place, &Sent::default())?,
    })
}

/// The JSON of one value.
///
/// # Errors
/// JSON cannot show it.
pub fn value(field: &Field, one: &One) -> Result<Value, ProtobufError> {
    Ok(match (field.kind, one) {
        (Kind::Text, One::Bytes(bytes)) => text(bytes).into(),
        (Kind::Bytes, One::Bytes(bytes)) => base64::encode(bytes).into(),
        (Kind::Bool, One::Number(number)) => (*number != 0).into(),
        (Kind::Int32, One::Number(number)) => int32(*number).into(),
        (Kind::Int64, One::Number(number)) => number.cast_signed().into(),
        (Kind::Double, One::Double(number)) => double(*number, field.name)?,
        (Kind::Message(place), One::Message(sent)) => show(place, sent)?,
        _ => Value::Null,
    })
}

/// The lower 32 bits, as Go takes them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a negative number is sent in 64 bits, and cut to 32"
)]
fn int32(number: u64) -> i32 {
    number as i32
}

/// Go writes whole numbers without a fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole and within the range that f64 holds exactly"
)]
fn double(number: f64, name: &'static str) -> Result<Value, ProtobufError> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_negative_zero = number == 0.0 && number.is_sign_negative();
    if number.fract() == 0.0 && number.abs() <= EXACT && !is_negative_zero {
        return Ok((number as i64).into());
    }
    Number::from_f64(number)
        .map(Value::Number)
        .ok_or(ProtobufError::Unshowable(name))
}

/// Text as Go's JSON shows it: each byte that is no UTF-8 becomes one replacement character.
pub fn text(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(chunk.valid());
        for _ in chunk.invalid() {
            shown.push(char::REPLACEMENT_CHARACTER);
        }
    }
    shown
}
