//! Dates and durations. The local time zone is UTC, as it is in the original's image.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    super::{number, value::Value},
    date_layout::{self, formatted},
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Any, Text, Time},
        any, bytes,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("now", &[], |call, _| now(call).map(Value::Time)),
    Function::new("date", &[Text, Any], |call, values| {
        shown_in(call, bytes(values, 0), any(values, 1), b"Local")
    }),
    Function::new("dateInZone", &[Text, Any, Text], in_zone),
    Function::new("date_in_zone", &[Text, Any, Text], in_zone),
    Function::new("htmlDate", &[Any], |call, values| {
        shown_in(call, HTML_LAYOUT, any(values, 0), b"Local")
    }),
    Function::new("htmlDateInZone", &[Any, Text], |call, values| {
        shown_in(call, HTML_LAYOUT, any(values, 0), bytes(values, 1))
    }),
    Function::new("dateModify", &[Text, Time], modify),
    Function::new("date_modify", &[Text, Time], modify),
    Function::new("mustDateModify", &[Text, Time], must_modify),
    Function::new("must_date_modify", &[Text, Time], must_modify),
    Function::new("ago", &[Any], |call, values| {
        let now = now(call)?;
        let time = match any(values, 0) {
            Value::Time(time) => *time,
            Value::Int(seconds) | Value::Int64(seconds) => at_second(*seconds)?,
            _ => now,
        };
        let nanos = now.as_nanosecond() - time.as_nanosecond();
        let seconds =
            i64::try_from((nanos + NANOS / 2).div_euclid(NANOS)).map_err(|_| Fault::Failed)?;
        call.text(duration_text(seconds.saturating_mul(NANOS as i64)))
    }),
    Function::new("duration", &[Any], |call, values| {
        let seconds = match any(values, 0) {
            Value::Int64(seconds) => *seconds,
            Value::Text(text) => {
                let text = String::from_utf8_lossy(text.bytes());
                number::parse_int(&text, 10).unwrap_or(0)
            }
            _ => 0,
        };
        call.text(duration_text(seconds.wrapping_mul(NANOS as i64)))
    }),
    Function::new("durationRound", &[Any], |call, values| {
        let nanos = match any(values, 0) {
            Value::Int64(nanos) => *nanos,
            Value::Text(text) => {
                let text = String::from_utf8_lossy(text.bytes());
                parse_duration(&text).unwrap_or(0)
            }
            Value::Time(time) => {
                let nanos = now(call)?.as_nanosecond() - time.as_nanosecond();
                i64::try_from(nanos).map_err(|_| Fault::Failed)?
            }
            _ => 0,
        };
        call.text(rounded(nanos.unsigned_abs()))
    }),
    Function::new("toDate", &[Text, Text], |_, values| {
        let time = date_layout::parsed(bytes(values, 0), bytes(values, 1));
        time.or_else(zero_time)
            .map(Value::Time)
            .ok_or(Fault::Failed)
    }),
    Function::new("mustToDate", &[Text, Text], |_, values| {
        let time = date_layout::parsed(bytes(values, 0), bytes(values, 1));
        time.map(Value::Time).ok_or(Fault::Failed)
    }),
    Function::new("unixEpoch", &[Time], |call, values| {
        let second = time(values, 0)?.as_nanosecond().div_euclid(NANOS);
        call.text(second.to_string())
    }),
];

pub const METHODS: &[Function] = &[
    Function::new("Unix", &[Any], |_, values| {
        let second = time(values, 0)?.as_nanosecond().div_euclid(NANOS);
        i64::try_from(second)
            .map(Value::Int64)
            .map_err(|_| Fault::Failed)
    }),
    Function::new("Year", &[Any], |_, values| {
        Ok(Value::Int(i64::from(civil(time(values, 0)?).year())))
    }),
    Function::new("Day", &[Any], |_, values| {
        Ok(Value::Int(i64::from(civil(time(values, 0)?).day())))
    }),
    Function::new("Hour", &[Any], |_, values| {
        Ok(Value::Int(i64::from(civil(time(values, 0)?).hour())))
    }),
    Function::new("Minute", &[Any], |_, values| {
        Ok(Value::Int(i64::from(civil(time(values, 0)?).minute())))
    }),
    Function::new("Second", &[Any], |_, values| {
        Ok(Value::Int(i64::from(civil(time(values, 0)?).second())))
    }),
    Function::new("UTC", &[Any], |_, values| Ok(any(values, 0).clone())),
    Function::new("String", &[Any], |call, values| {
        let text = shown(time(values, 0)?);
        call.text(text)
    }),
    Function::new("Format", &[Any, Text], |call, values| {
        let text = formatted(bytes(values, 1), civil(time(values, 0)?));
        call.text(text)
    }),
];

const HTML_LAYOUT: &[u8] = b"2006-01-02";
const NANOS: i128 = 1_000_000_000;

fn time(values: &[Value], place: usize) -> Result<Timestamp, Fault> {
    match any(values, place) {
        Value::Time(time) => Ok(*time),
        _ => Err(Fault::Failed),
    }
}

/// A moment as date and time in UTC.
pub fn civil(time: Timestamp) -> jiff::civil::DateTime {
    TimeZone::UTC.to_datetime(time)
}

fn zero_time() -> Option<Timestamp> {
    let date = jiff::civil::DateTime::new(1, 1, 1, 0, 0, 0, 0).ok()?;
    TimeZone::UTC.to_timestamp(date).ok()
}

fn at_second(second: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_second(second).map_err(|_| Fault::Failed)
}

fn now(call: &Call) -> Result<Timestamp, Fault> {
    call.policy.now.ok_or(Fault::Refused)
}

/// A time as `%v` prints it.
pub fn shown(time: Timestamp) -> String {
    formatted(b"2006-01-02 15:04:05.999999999 -0700 MST", civil(time))
}

/// A time as JSON has it.
pub fn rfc3339(time: Timestamp) -> String {
    formatted(b"2006-01-02T15:04:05.999999999Z07:00", civil(time))
}

fn in_zone(call: &mut Call, values: &[Value]) -> Called {
    shown_in(call, bytes(values, 0), any(values, 1), bytes(values, 2))
}

/// A time by a layout; other zones than UTC would need tables that no controller is sure to have.
fn shown_in(call: &mut Call, layout: &[u8], value: &Value, zone: &[u8]) -> Called {
    if !matches!(zone, b"" | b"UTC" | b"Local") {
        return Err(Fault::Refused);
    }
    let time = match value {
        Value::Time(time) => *time,
        Value::Int(second) | Value::Int64(second) => at_second(*second)?,
        _ => now(call)?,
    };
    call.budget.take_bytes(layout.len() * 4)?;
    call.text(formatted(layout, civil(time)))
}

fn added(text: &[u8], time: Timestamp) -> Option<Result<Timestamp, Fault>> {
    let text = std::str::from_utf8(text).ok()?;
    let nanos = i128::from(parse_duration(text)?);
    let moved = Timestamp::from_nanosecond(time.as_nanosecond() + nanos);
    Some(moved.map_err(|_| Fault::Failed))
}

fn modify(_: &mut Call, values: &[Value]) -> Called {
    let time = time(values, 1)?;
    added(bytes(values, 0), time)
        .unwrap_or(Ok(time))
        .map(Value::Time)
}

fn must_modify(_: &mut Call, values: &[Value]) -> Called {
    let moved = added(bytes(values, 0), time(values, 1)?);
    moved.unwrap_or(Err(Fault::Failed)).map(Value::Time)
}

/// Go's `time.ParseDuration`, in nanoseconds.
fn parse_duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (amount, after) = rest.split_at(length);
        let length = after
            .chars()
            .take_while(|letter| !letter.is_ascii_digit() && *letter != '.')
            .map(char::len_utf8)
            .sum();
        let (unit, after) = after.split_at(length);
        rest = after;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOS,
            "m" => 60 * NANOS,
            "h" => 3600 * NANOS,
            _ => return None,
        };
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let fraction: f64 = if fraction.is_empty() {
            0.0
        } else {
            format!("0.{fraction}").parse().ok()?
        };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        total = total.checked_add((fraction * unit as f64 + 1e-7) as i128)?;
    }
    i64::try_from(total * sign as i128).ok()
}

/// Go's `Duration.String`.
fn duration_text(nanos: i64) -> String {
    let size = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    let fraction = |value: u64, unit: u64, name: &str| {
        let mut text = (value / unit).to_string();
        let rest = value % unit;
        if rest > 0 {
            let digits = unit.to_string().len() - 1;
            let rest = format!("{rest:0digits$}");
            text.push('.');
            text.push_str(rest.trim_end_matches('0'));
        }
        text + name
    };
    match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => sign.to_owned() + &fraction(size, 1_000, "\u{b5}s"),
        1_000_000..1_000_000_000 => sign.to_owned() + &fraction(size, 1_000_000, "ms"),
        _ => {
            let minutes = size / 60_000_000_000;
            let seconds = fraction(size % 60_000_000_000, 1_000_000_000, "s");
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}"),
            }
        }
    }
}

/// Sprig's `durationRound`: the largest unit only.
fn rounded(nanos: u64) -> String {
    const HOUR: u64 = 3_600_000_000_000;
    let units = [
        (HOUR * 24 * 365, "y"),
        (HOUR * 24 * 30, "mo"),
        (HOUR * 24, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (HOUR / 3600, "s"),
    ];
    let unit = units.into_iter().find(|(size, _)| nanos > *size);
    unit.map_or("0s".to_owned(), |(size, name)| {
        format!("{}{name}", nanos / size)
    })
}
