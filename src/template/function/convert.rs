//! Conversions to numbers.

use super::{
    super::{number, value::Value},
    signature::{
        Function,
        Parameter::{Any, Text},
        any, bytes,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("atoi", &[Text], |_, values| {
        let text = String::from_utf8_lossy(bytes(values, 0));
        Ok(Value::Int(atoi(&text)))
    }),
    Function::new("int", &[Any], |_, values| {
        Ok(Value::Int(to_int(any(values, 0))))
    }),
    Function::new("int64", &[Any], |_, values| {
        Ok(Value::Int64(to_int(any(values, 0))))
    }),
    Function::new("float64", &[Any], |_, values| {
        Ok(Value::Float(to_float(any(values, 0))))
    }),
    Function::new("toDecimal", &[Any], |call, values| {
        let text = call.string(any(values, 0))?;
        let text = String::from_utf8_lossy(text.bytes()).into_owned();
        let is_octal = text
            .trim_start_matches(['+', '-'])
            .bytes()
            .all(|digit| (b'0'..b'8').contains(&digit));
        let parsed = number::parse_int(&text, 8).filter(|_| is_octal);
        Ok(Value::Int64(parsed.unwrap_or(0)))
    }),
];

/// `strconv.Atoi` without its error: zero for no number, the nearest for one out of range.
fn atoi(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return 0;
    }
    let out_of_range = if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    number::parse_int(text, 10).unwrap_or(out_of_range)
}

/// Go's conversion of a float to an int on the common machines.
pub fn float_to_int(float: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float) {
        float as i64
    } else {
        i64::MIN
    }
}

/// Takes `.000` off the end of a text.
fn without_zero_decimals(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => {
            whole
        }
        _ => text,
    }
}

/// `cast.ToInt64`.
pub fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(int) | Value::Int64(int) => *int,
        Value::Uint8(int) => i64::from(*int),
        Value::Uint64(int) => int.cast_signed(),
        Value::Float(float) => float_to_int(*float),
        Value::Bool(is_true) => i64::from(*is_true),
        Value::Text(text) => {
            let text = String::from_utf8_lossy(text.bytes());
            number::parse_int(without_zero_decimals(&text), 0).unwrap_or(0)
        }
        _ => 0,
    }
}

/// `cast.ToFloat64`.
pub fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(int) | Value::Int64(int) => *int as f64,
        Value::Uint8(int) => f64::from(*int),
        Value::Uint64(int) => *int as f64,
        Value::Float(float) => *float,
        Value::Bool(is_true) => f64::from(u8::from(*is_true)),
        Value::Text(text) => {
            let text = String::from_utf8_lossy(text.bytes());
            number::parse_float(&text).unwrap_or(0.0)
        }
        _ => 0.0,
    }
}
