//! Go's layouts of dates: the moment of 2006-01-02 15:04:05 written as one wants it.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::strings::part;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Literal(usize),
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    Zone,
    /// An offset: whether `Z` stands for none, and how it is written.
    Offset(bool, &'static str),
    /// A fraction of so many digits; whether zeros at the end go.
    Fraction(usize, bool),
}

const PIECES: &[(&str, Piece)] = &[
    ("January", Piece::LongMonth),
    ("Monday", Piece::LongWeekday),
    ("2006", Piece::LongYear),
    ("__2", Piece::SpaceYearDay),
    ("002", Piece::ZeroYearDay),
    ("MST", Piece::Zone),
    ("Z07:00:00", Piece::Offset(true, "h:m:s")),
    ("Z070000", Piece::Offset(true, "hms")),
    ("Z07:00", Piece::Offset(true, "h:m")),
    ("Z0700", Piece::Offset(true, "hm")),
    ("Z07", Piece::Offset(true, "h")),
    ("-07:00:00", Piece::Offset(false, "h:m:s")),
    ("-070000", Piece::Offset(false, "hms")),
    ("-07:00", Piece::Offset(false, "h:m")),
    ("-0700", Piece::Offset(false, "hm")),
    ("-07", Piece::Offset(false, "h")),
    ("Jan", Piece::Month),
    ("Mon", Piece::Weekday),
    ("01", Piece::ZeroMonth),
    ("02", Piece::ZeroDay),
    ("03", Piece::ZeroHour12),
    ("04", Piece::ZeroMinute),
    ("05", Piece::ZeroSecond),
    ("06", Piece::Year),
    ("15", Piece::Hour),
    ("_2", Piece::SpaceDay),
    ("PM", Piece::UpperHalf),
    ("pm", Piece::LowerHalf),
    ("1", Piece::NumMonth),
    ("2", Piece::Day),
    ("3", Piece::Hour12),
    ("4", Piece::Minute),
    ("5", Piece::Second),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// The piece that a layout starts with, and its length.
fn piece(layout: &[u8]) -> Option<(Piece, usize)> {
    for (text, piece) in PIECES {
        if !layout.starts_with(text.as_bytes()) {
            continue;
        }
        let after = layout.get(text.len());
        if matches!(piece, Piece::Month | Piece::Weekday)
            && after.is_some_and(u8::is_ascii_lowercase)
        {
            continue;
        }
        if *piece == Piece::SpaceDay && part(layout, 1, 5) == b"2006" {
            continue;
        }
        return Some((*piece, text.len()));
    }
    let mark = *layout.first()?;
    let digit = *layout.get(1)?;
    if matches!(mark, b'.' | b',') && matches!(digit, b'0' | b'9') {
        let count = part(layout, 1, layout.len())
            .iter()
            .take_while(|byte| **byte == digit)
            .count();
        if !layout.get(1 + count).is_some_and(u8::is_ascii_digit) {
            return Some((Piece::Fraction(count, digit == b'9'), count + 1));
        }
    }
    None
}

fn pieces(layout: &[u8]) -> Vec<(Piece, &[u8])> {
    let mut found = Vec::new();
    let (mut rest, mut plain) = (layout, 0);
    while plain < rest.len() {
        match piece(part(rest, plain, rest.len())) {
            None => plain += 1,
            Some((piece, length)) => {
                found.push((Piece::Literal(plain), part(rest, 0, plain)));
                found.push((piece, part(rest, plain, plain + length)));
                rest = part(rest, plain + length, rest.len());
                plain = 0;
            }
        }
    }
    found.push((Piece::Literal(plain), rest));
    found
}

fn month_name(month: i8) -> &'static str {
    let place = usize::try_from(month).unwrap_or(1).saturating_sub(1);
    MONTHS.get(place).copied().unwrap_or("")
}

/// Writes a date in UTC by a layout.
pub fn formatted(layout: &[u8], date: DateTime) -> String {
    let mut out = Vec::new();
    let day_name = DAYS
        .get(usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0))
        .copied()
        .unwrap_or("");
    let hour12 = match date.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    for (piece, text) in pieces(layout) {
        let written = match piece {
            Piece::Literal(_) => {
                out.extend_from_slice(text);
                continue;
            }
            Piece::LongMonth => month_name(date.month()).to_owned(),
            Piece::Month => month_name(date.month()).chars().take(3).collect(),
            Piece::NumMonth => date.month().to_string(),
            Piece::ZeroMonth => format!("{:02}", date.month()),
            Piece::LongWeekday => day_name.to_owned(),
            Piece::Weekday => day_name.chars().take(3).collect(),
            Piece::Day => date.day().to_string(),
            Piece::SpaceDay => format!("{:2}", date.day()),
            Piece::ZeroDay => format!("{:02}", date.day()),
            Piece::SpaceYearDay => format!("{:3}", date.day_of_year()),
            Piece::ZeroYearDay => format!("{:03}", date.day_of_year()),
            Piece::Hour => format!("{:02}", date.hour()),
            Piece::Hour12 => hour12.to_string(),
            Piece::ZeroHour12 => format!("{hour12:02}"),
            Piece::Minute => date.minute().to_string(),
            Piece::ZeroMinute => format!("{:02}", date.minute()),
            Piece::Second => date.second().to_string(),
            Piece::ZeroSecond => format!("{:02}", date.second()),
            Piece::LongYear => format!("{:04}", date.year()),
            Piece::Year => format!("{:02}", date.year().rem_euclid(100)),
            Piece::UpperHalf => if date.hour() >= 12 { "PM" } else { "AM" }.to_owned(),
            Piece::LowerHalf => if date.hour() >= 12 { "pm" } else { "am" }.to_owned(),
            Piece::Zone => "UTC".to_owned(),
            Piece::Offset(true, _) => "Z".to_owned(),
            Piece::Offset(false, form) => form.replace('h', "+00").replace(['m', 's'], "00"),
            Piece::Fraction(count, trims) => {
                let digits = format!(
                    "{:09}{}",
                    date.subsec_nanosecond(),
                    "0".repeat(count.saturating_sub(9).min(64))
                );
                let kept = digits.get(..count).unwrap_or(&digits);
                let kept = if trims {
                    kept.trim_end_matches('0')
                } else {
                    kept
                };
                let mark = text.first().map_or('.', |byte| char::from(*byte));
                if kept.is_empty() {
                    String::new()
                } else {
                    format!("{mark}{kept}")
                }
            }
        };
        out.extend_from_slice(written.as_bytes());
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Takes a number of at least and at most so many digits off a text.
fn number(text: &[u8], least: usize, most: usize) -> Option<(i64, &[u8])> {
    let count = text
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count < least {
        return None;
    }
    let digits = std::str::from_utf8(part(text, 0, count)).ok()?;
    Some((digits.parse().ok()?, part(text, count, text.len())))
}

fn name<'t>(text: &'t [u8], names: &[&str], length: Option<usize>) -> Option<(i64, &'t [u8])> {
    for (place, name) in names.iter().enumerate() {
        let name = part(name.as_bytes(), 0, length.unwrap_or(name.len()));
        let found = part(text, 0, name.len());
        if !name.is_empty() && found.eq_ignore_ascii_case(name) {
            return Some((
                i64::try_from(place).ok()?,
                part(text, name.len(), text.len()),
            ));
        }
    }
    None
}

/// Reads a date by a layout; what has no zone is UTC.
pub fn parsed(layout: &[u8], text: &[u8]) -> Option<Timestamp> {
    let (mut year, mut month, mut day) = (0_i64, 1_i64, 1_i64);
    let (mut hour, mut minute, mut second, mut nanos, mut offset) =
        (0_i64, 0_i64, 0_i64, 0_i64, 0_i64);
    let (mut is_afternoon, mut is_morning, mut year_day) = (false, false, None);
    let mut rest = text;
    let pieces = pieces(layout);
    for (place, (piece, literal)) in pieces.iter().enumerate() {
        let value;
        match piece {
            Piece::Literal(_) => {
                for byte in literal.iter() {
                    if *byte == b' ' && rest.is_empty() {
                        return None;
                    }
                    rest = rest.strip_prefix(std::slice::from_ref(byte))?;
                }
                continue;
            }
            Piece::LongMonth => (value, rest) = name(rest, &MONTHS, None)?,
            Piece::Month => (value, rest) = name(rest, &MONTHS, Some(3))?,
            Piece::LongWeekday => (value, rest) = name(rest, &DAYS, None)?,
            Piece::Weekday => (value, rest) = name(rest, &DAYS, Some(3))?,
            Piece::LongYear => (value, rest) = number(rest, 4, 4)?,
            Piece::Year
            | Piece::ZeroMonth
            | Piece::ZeroDay
            | Piece::ZeroHour12
            | Piece::ZeroMinute
            | Piece::ZeroSecond => {
                (value, rest) = number(rest, 2, 2)?;
            }
            Piece::Hour
            | Piece::NumMonth
            | Piece::Day
            | Piece::Hour12
            | Piece::Minute
            | Piece::Second => {
                (value, rest) = number(rest, 1, 2)?;
            }
            Piece::SpaceDay => {
                rest = rest.strip_prefix(b" ").unwrap_or(rest);
                (value, rest) = number(rest, 1, 2)?;
            }
            Piece::SpaceYearDay | Piece::ZeroYearDay => {
                while let (Piece::SpaceYearDay, Some(after)) = (piece, rest.strip_prefix(b" ")) {
                    rest = after;
                }
                (value, rest) = number(rest, 1, 3)?;
            }
            Piece::UpperHalf | Piece::LowerHalf => {
                let half = part(rest, 0, 2);
                is_afternoon = half
                    == if *piece == Piece::UpperHalf {
                        b"PM"
                    } else {
                        b"pm"
                    };
                is_morning = half
                    == if *piece == Piece::UpperHalf {
                        b"AM"
                    } else {
                        b"am"
                    };
                (is_afternoon || is_morning).then_some(())?;
                rest = part(rest, 2, rest.len());
                continue;
            }
            Piece::Zone => {
                // A zone by name is taken for UTC, as Go does with names that it does not know.
                let count = rest
                    .iter()
                    .take_while(|byte| byte.is_ascii_uppercase())
                    .count();
                (3..=5).contains(&count).then_some(())?;
                rest = part(rest, count, rest.len());
                continue;
            }
            Piece::Offset(allows_z, form) => {
                if let (true, Some(after)) = (allows_z, rest.strip_prefix(b"Z")) {
                    rest = after;
                    continue;
                }
                let (sign, after) = rest.split_first()?;
                let sign = match sign {
                    b'+' => 1,
                    b'-' => -1,
                    _ => return None,
                };
                rest = after;
                let mut unit = 3600;
                for letter in form.chars() {
                    if letter == ':' {
                        rest = rest.strip_prefix(b":")?;
                        continue;
                    }
                    let (amount, after) = number(rest, 2, 2)?;
                    offset += sign * amount * unit;
                    unit /= 60;
                    rest = after;
                }
                continue;
            }
            Piece::Fraction(count, trims) => {
                let Some(after) = rest.strip_prefix(b".").or(rest.strip_prefix(b",")) else {
                    (*trims).then_some(())?;
                    continue;
                };
                let digits = after
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                if !trims && digits != *count {
                    return None;
                }
                nanos = fraction(part(after, 0, digits))?;
                rest = part(after, digits, after.len());
                continue;
            }
        }
        match piece {
            Piece::LongMonth | Piece::Month => month = value + 1,
            Piece::NumMonth | Piece::ZeroMonth => month = value,
            Piece::Day | Piece::SpaceDay | Piece::ZeroDay => day = value,
            Piece::SpaceYearDay | Piece::ZeroYearDay => year_day = Some(value),
            Piece::LongYear => year = value,
            Piece::Year => {
                year = if value >= 69 {
                    value + 1900
                } else {
                    value + 2000
                }
            }
            Piece::Hour | Piece::Hour12 | Piece::ZeroHour12 => hour = value,
            Piece::Minute | Piece::ZeroMinute => minute = value,
            Piece::Second | Piece::ZeroSecond => {
                second = value;
                // A fraction after the seconds is taken though the layout has none.
                let has_fraction = matches!(pieces.get(place + 2), Some((Piece::Fraction(..), _)));
                let after = rest.strip_prefix(b".").or(rest.strip_prefix(b","));
                if let (false, Some(after)) = (has_fraction, after) {
                    let digits = after
                        .iter()
                        .take_while(|byte| byte.is_ascii_digit())
                        .count();
                    if digits > 0 {
                        nanos = fraction(part(after, 0, digits))?;
                        rest = part(after, digits, after.len());
                    }
                }
            }
            _ => {}
        }
    }
    if !rest.is_empty() {
        return None;
    }
    let uses_half = is_afternoon || is_morning;
    if uses_half && hour > 12 {
        return None;
    }
    if is_afternoon && hour < 12 {
        hour += 12;
    } else if is_morning && hour == 12 {
        hour = 0;
    }
    let small = |value: i64| i8::try_from(value).ok();
    let mut date = DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        i32::try_from(nanos).ok()?,
    )
    .ok()?;
    if let Some(year_day) = year_day {
        date = date
            .with()
            .day_of_year(i16::try_from(year_day).ok()?)
            .build()
            .ok()?;
    }
    let time = TimeZone::UTC.to_timestamp(date).ok()?;
    time.checked_sub(jiff::SignedDuration::from_secs(offset))
        .ok()
}

fn fraction(digits: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(part(digits, 0, digits.len().min(9))).ok()?;
    format!("{text:0<9}").parse().ok()
}
