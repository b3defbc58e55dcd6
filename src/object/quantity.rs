//! Quantities of resources as the server writes them (`apimachinery/pkg/api/resource/quantity.go`).

use std::cmp::Ordering;

/// Decimal suffixes by their power of ten.
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
/// Binary suffixes, each 1024 times the one before.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// A quantity as it is written: `digits` times `binary` times ten to the `power`.
struct Read<'a> {
    digits: i128,
    power: i32,
    /// 1024 as often as the suffix says; absent: a decimal suffix, or an exponent.
    binary: Option<i128>,
    suffix: &'a str,
}

fn read(text: &str) -> Option<Read<'_>> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(rest.len());
    let (number, suffix) = rest.split_at_checked(end)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let digits: i128 = format!("0{whole}{part}").parse().ok()?;
    let mut power = -i32::try_from(part.len()).ok()?;
    let mut binary = None;
    if let Some((_, known)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        power += known;
    } else if let Some(place) = BINARY.iter().position(|known| *known == suffix) {
        binary = Some(1024i128.checked_pow(u32::try_from(place).ok()?)?);
    } else {
        let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
        power = power.checked_add(exponent)?;
    }
    Some(Read {
        digits: digits * sign,
        power,
        binary,
        suffix,
    })
}

/// A quantity in its shortest form with a whole number and the largest suffix of its kind; none when it is no
/// quantity, or has more digits than fit.
pub fn canonical(text: &str) -> Option<String> {
    let read = read(text)?;
    if let Some(factor) = read.binary {
        let scaled = read.digits.checked_mul(factor)?;
        let unit = 10i128.checked_pow(read.power.unsigned_abs())?;
        // A part of one, and what is small, is written with decimal suffixes.
        if scaled % unit == 0 && (scaled / unit).abs() >= 1024 {
            return Some(binary(scaled / unit));
        }
        return decimal(scaled, read.power);
    }
    if DECIMAL.iter().any(|(known, _)| *known == read.suffix) {
        return decimal(read.digits, read.power);
    }
    let (digits, power) = shortest(read.digits, read.power)?;
    Some(if power == 0 {
        digits.to_string()
    } else {
        format!("{digits}e{power}")
    })
}

/// Which of two quantities is larger; none when one cannot be read or has more digits than fit.
pub fn compare(left: &str, right: &str) -> Option<Ordering> {
    Some(nanos(left)?.cmp(&nanos(right)?))
}

/// A quantity in parts of a billionth.
fn nanos(text: &str) -> Option<i128> {
    let read = read(text)?;
    let power = read.power.checked_add(9)?;
    let scale = 10i128.checked_pow(power.unsigned_abs())?;
    let scaled = read.digits.checked_mul(read.binary.unwrap_or(1))?;
    if power < 0 {
        Some(scaled / scale)
    } else {
        scaled.checked_mul(scale)
    }
}

fn binary(mut number: i128) -> String {
    let mut place = 0;
    while number != 0 && number % 1024 == 0 && place + 1 < BINARY.len() {
        number /= 1024;
        place += 1;
    }
    format!("{number}{}", BINARY.get(place).copied().unwrap_or_default())
}

fn decimal(digits: i128, power: i32) -> Option<String> {
    let (digits, power) = shortest(digits, power)?;
    let (suffix, _) = DECIMAL.iter().find(|(_, known)| *known == power)?;
    Some(format!("{digits}{suffix}"))
}

/// The number with the largest power of a thousand, rounded up to a billionth.
fn shortest(mut digits: i128, mut power: i32) -> Option<(i128, i32)> {
    if digits == 0 {
        return Some((0, 0));
    }
    while power < -9 {
        let rest = digits % 10;
        digits = digits / 10 + rest.signum();
        power += 1;
    }
    while digits % 10 == 0 {
        digits /= 10;
        power += 1;
    }
    while power.rem_euclid(3) != 0 || power > 18 {
        digits = digits.checked_mul(10)?;
        power -= 1;
    }
    Some((digits, power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_compared_by_what_they_mean() {
        for (left, right, expected) in [
            ("2", "1", Ordering::Greater),
            ("500m", "0.5", Ordering::Equal),
            ("1Ki", "1k", Ordering::Greater),
            ("1e3", "1k", Ordering::Equal),
            ("-1", "0", Ordering::Less),
        ] {
            assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        }
    }

    #[test]
    fn quantities_are_shortened() {
        for (given, shown) in [
            ("0.1", "100m"),
            ("0.5", "500m"),
            ("1", "1"),
            ("1.0", "1"),
            ("500m", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1000Ki", "1000Ki"),
            ("0.5Ki", "512"),
            ("1500k", "1500k"),
            ("2000k", "2M"),
            ("1e3", "1e3"),
            ("1E", "1E"),
            ("0", "0"),
            ("-0.5", "-500m"),
            ("0.0000000001", "1n"),
        ] {
            assert_eq!(canonical(given).as_deref(), Some(shown), "{given}");
        }
        for none in ["none", "", "-", "1x", "1.2.3"] {
            assert_eq!(canonical(none), None, "{none}");
        }
    }
}
