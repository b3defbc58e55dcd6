//! The messages that show themselves in JSON otherwise than by their fields.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    error::ProtobufError,
    message::{Content, One, Sent},
    render::{text, value},
    table::{Form, Message},
};

/// Go's zero time, the first of January of year 1, in seconds.
const ZERO_TIME: i64 = -62_135_596_800;

/// The JSON of a message.
///
/// # Errors
/// Its bytes are not JSON, its time is beyond the calendar, or its choice is none.
pub fn show(message: &'static Message, sent: &Sent) -> Result<Value, ProtobufError> {
    let unshowable = || ProtobufError::Unshowable(message.name);
    match message.form {
        Form::Struct => Ok(Value::Null),
        Form::Items => match sent.fields.get(&1) {
            Some(Content::List(_)) => list(message, sent, 1),
            _ => Ok(Value::Array(Vec::new())),
        },
        Form::Time | Form::MicroTime => {
            if is_zero_time(sent) {
                return Ok(Value::Null);
            }
            time(message.form == Form::MicroTime, sent)
                .map(Value::String)
                .ok_or_else(unshowable)
        }
        Form::IntOrString => match number(sent, 1) {
            0 => Ok(int32(number(sent, 2)).into()),
            1 => Ok(text(bytes(sent, 3).unwrap_or_default()).into()),
            _ => Err(unshowable()),
        },
        Form::Quantity => Ok(bytes(sent, 1).map_or_else(|| "0".into(), |raw| text(raw).into())),
        Form::Raw | Form::Json => match bytes(sent, 1) {
            None => Ok(Value::Null),
            Some([]) if message.form == Form::Json => Ok(Value::Null),
            Some(raw) => serde_json::from_slice(raw).map_err(|_| unshowable()),
        },
        Form::SchemaOrBool => match inner(message, sent, 2)? {
            Some(schema) => Ok(schema),
            None => Ok((number(sent, 1) != 0).into()),
        },
        Form::SchemaOrArray | Form::SchemaOrStrings => match sent.fields.get(&2) {
            Some(Content::List(_)) => list(message, sent, 2),
            _ => Ok(inner(message, sent, 1)?.unwrap_or_default()),
        },
    }
}

/// Whether a time is Go's zero: nothing was sent, or the first moment of year 1.
pub fn is_zero_time(sent: &Sent) -> bool {
    !sent.is_present || (number(sent, 1) == ZERO_TIME && micros(sent) == 0)
}

fn time(shows_micros: bool, sent: &Sent) -> Option<String> {
    let seconds = Timestamp::from_second(number(sent, 1)).ok()?;
    if !shows_micros {
        return Some(seconds.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    let micros = jiff::SignedDuration::from_micros(micros(sent));
    let moment = seconds.checked_add(micros).ok()?;
    Some(moment.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
}

/// The part of a second, cut to microseconds as Go cuts it.
fn micros(sent: &Sent) -> i64 {
    i64::from(int32(number(sent, 2))) / 1000
}

fn number(sent: &Sent, field: i32) -> i64 {
    match sent.fields.get(&field) {
        Some(Content::One(One::Number(number))) => number.cast_signed(),
        _ => 0,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Go cuts it to 32 bits")]
fn int32(number: i64) -> i32 {
    number as i32
}

fn bytes<'a>(sent: &Sent<'a>, field: i32) -> Option<&'a [u8]> {
    match sent.fields.get(&field) {
        Some(Content::One(One::Bytes(bytes))) => Some(bytes),
        _ => None,
    }
}

fn inner(
    message: &'static Message,
    sent: &Sent,
    number: i32,
) -> Result<Option<Value>, ProtobufError> {
    match (message.field(number), sent.fields.get(&number)) {
        (Some(field), Some(Content::One(one))) => value(field, one).map(Some),
        _ => Ok(None),
    }
}

fn list(message: &'static Message, sent: &Sent, number: i32) -> Result<Value, ProtobufError> {
    match (message.field(number), sent.fields.get(&number)) {
        (Some(field), Some(Content::List(list))) => Ok(Value::Array(
            list.iter()
                .map(|one| value(field, one))
                .collect::<Result<_, _>>()?,
        )),
        _ => Ok(Value::Null),
    }
}
