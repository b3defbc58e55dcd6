//! Numbers as Go's `strconv` and `encoding/json` read and print them.

/// A whole number of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// It fits with a sign.
    Signed(i64),
    /// It needs the sign's bit.
    Unsigned(u64),
}

/// A decimal, octal (`0644`, `0o644`), hexadecimal or binary number without underscores.
///
/// The prefixes are those of Go's `strconv.ParseInt` with base 0; go-yaml adds a sign behind `0b`.
pub(super) fn whole(text: &str) -> Option<Whole> {
    if let Some(value) = signed(text, magnitude) {
        return Some(Whole::Signed(value));
    }
    if let Some(value) = magnitude(text) {
        return Some(Whole::Unsigned(value));
    }
    let binary = |digits: &str| digits_of(digits, 2);
    let value = if let Some(digits) = text.strip_prefix("0b") {
        signed(digits, binary)
    } else if let Some(digits) = text.strip_prefix("-0b") {
        binary(digits).and_then(negated)
    } else {
        None
    };
    value.map(Whole::Signed)
}

fn signed(text: &str, read: impl Fn(&str) -> Option<u64>) -> Option<i64> {
    if let Some(rest) = text.strip_prefix('-') {
        return read(rest).and_then(negated);
    }
    let rest = text.strip_prefix('+').unwrap_or(text);
    read(rest).and_then(|value| i64::try_from(value).ok())
}

fn negated(value: u64) -> Option<i64> {
    0_i64.checked_sub_unsigned(value)
}

fn magnitude(text: &str) -> Option<u64> {
    let Some(rest) = text.strip_prefix('0') else {
        return digits_of(text, 10);
    };
    if rest.is_empty() {
        return Some(0);
    }
    for (prefix, base) in [("b", 2), ("B", 2), ("o", 8), ("O", 8), ("x", 16), ("X", 16)] {
        if let Some(digits) = rest.strip_prefix(prefix) {
            return digits_of(digits, base);
        }
    }
    digits_of(rest, 8)
}

/// Digits only: `from_str_radix` alone would take a sign too.
fn digits_of(text: &str, base: u32) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric())
        .then(|| u64::from_str_radix(text, base).ok())?
}

/// A decimal number with a point or an exponent; one too large for 64 bits is none.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let good = match mantissa.split_once('.') {
        None => is_digits(mantissa),
        Some(("", fraction)) => is_digits(fraction),
        Some((front, fraction)) => is_digits(front) && (fraction.is_empty() || is_digits(fraction)),
    } && exponent
        .is_none_or(|part| is_digits(part.strip_prefix(['+', '-']).unwrap_or(part)));
    if !good {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A decimal that starts with its point: there Go takes underscores, but only between digits.
pub(super) fn pointed(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_digit = |index: Option<usize>| {
        index
            .and_then(|index| bytes.get(index))
            .is_some_and(u8::is_ascii_digit)
    };
    let good = bytes.iter().enumerate().all(|(index, byte)| {
        *byte != b'_' || is_digit(index.checked_sub(1)) && is_digit(Some(index + 1))
    });
    if good {
        decimal(&text.replace('_', ""))
    } else {
        None
    }
}

/// The whole number as which Go's JSON prints a float, with the digits that it prints.
pub(super) fn whole_of(value: f64) -> Option<Whole> {
    /// From here on Go's JSON prints an exponent.
    const EXPONENT_FROM: f64 = 1e21;
    if value.abs() >= EXPONENT_FROM || value.fract() != 0.0 {
        return None;
    }
    let Shortest {
        negative,
        digits,
        exponent,
    } = Shortest::of(&serde_json::to_string(&value).ok()?);
    let places = usize::try_from(exponent).ok()? + 1;
    let sign = if negative { "-" } else { "" };
    whole_decimal(&format!("{sign}{digits:0<places$}"))
}

/// A whole number as JSON writes it.
pub(super) fn whole_decimal(text: &str) -> Option<Whole> {
    text.parse()
        .map(Whole::Signed)
        .or_else(|_| text.parse().map(Whole::Unsigned))
        .ok()
}

/// Go's shortest `%g` of a float of 64 bits.
pub(super) fn general(value: f64) -> String {
    Shortest::of(&serde_json::to_string(&value).unwrap_or_default()).general()
}

/// Go's shortest `%g` of a float cut to 32 bits, as `sigs.k8s.io/yaml` prints keys.
#[expect(
    clippy::cast_possible_truncation,
    reason = "cutting to 32 bits is what the original does"
)]
pub(super) fn general_short(value: f64) -> String {
    let short = value as f32;
    if short.is_infinite() {
        return if short > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    Shortest::of(&serde_json::to_string(&short).unwrap_or_default()).general()
}

/// The shortest digits that tell a float from its neighbours, the nearest of them: `d.ddd` times a power of ten.
///
/// Taken from `serde_json`, which like Go rounds a tie to even; Rust's own formatting does not.
struct Shortest {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Shortest {
    /// Reads a JSON number.
    fn of(json: &str) -> Self {
        let (negative, rest) = match json.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, json),
        };
        let (mantissa, exponent) = rest.split_once('e').unwrap_or((rest, "0"));
        let (front, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{front}{fraction}");
        let significant = all.trim_start_matches('0');
        let zeros = all.len() - significant.len();
        let shift = i32::try_from(front.len()).unwrap_or_default()
            - i32::try_from(zeros).unwrap_or_default()
            - 1;
        let digits = significant.trim_end_matches('0');
        if digits.is_empty() {
            return Self {
                negative,
                digits: "0".to_owned(),
                exponent: 0,
            };
        }
        Self {
            negative,
            digits: digits.to_owned(),
            exponent: exponent.parse::<i32>().unwrap_or_default() + shift,
        }
    }

    fn general(&self) -> String {
        /// Go changes to an exponent outside of these.
        const PLAIN: std::ops::Range<i32> = -4..6;
        let Self {
            digits, exponent, ..
        } = self;
        let sign = if self.negative { "-" } else { "" };
        if !PLAIN.contains(exponent) {
            let (front, fraction) = digits.split_at(1);
            let point = if fraction.is_empty() { "" } else { "." };
            let direction = if *exponent < 0 { '-' } else { '+' };
            return format!(
                "{sign}{front}{point}{fraction}e{direction}{:02}",
                exponent.abs()
            );
        }
        let Ok(point) = usize::try_from(exponent + 1) else {
            let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or_default());
            return format!("{sign}0.{zeros}{digits}");
        };
        if point == 0 {
            return format!("{sign}0.{digits}");
        }
        if digits.len() <= point {
            return format!("{sign}{digits:0<point$}");
        }
        let (front, fraction) = digits.split_at(point);
        format!("{sign}{front}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_go() {
        for (value, text) in [
            (0.1, "0.1"),
            (-1.5, "-1.5"),
            (0.0001, "0.0001"),
            (0.000_012, "1.2e-05"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.0, "0"),
            (-2_094_608_073_794_855.2, "-2.0946080737948552e+15"),
        ] {
            assert_eq!(general(value), text);
        }
        assert_eq!(general_short(16_777_217.0), "1.6777216e+07");
        assert_eq!(general_short(100_000.0), "100000");
    }

    #[test]
    fn whole_floats_are_the_digits_that_go_prints() {
        assert_eq!(whole_of(-0.0), Some(Whole::Signed(0)));
        assert_eq!(
            whole_of(1e18),
            Some(Whole::Signed(1_000_000_000_000_000_000))
        );
        assert_eq!(
            whole_of(1.234_567_890_123_456_7e18),
            Some(Whole::Signed(1_234_567_890_123_456_800))
        );
        assert_eq!(
            whole_of(1e19),
            Some(Whole::Unsigned(10_000_000_000_000_000_000))
        );
        assert_eq!(whole_of(1e20), None);
        assert_eq!(whole_of(0.5), None);
    }
}
