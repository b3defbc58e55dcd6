//! Quantities as the server writes them (`apimachinery/pkg/api/resource/quantity.go`).

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

/// A quantity in its shortest form with a whole number and the largest suffix of its kind; none when it
/// has more digits than fit.
pub fn canonical(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(rest.len());
    let (number, suffix) = rest.split_at_checked(end)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut digits: i128 = format!("0{whole}{part}").parse().ok()?;
    digits *= sign;
    let mut power = -i32::try_from(part.len()).ok()?;
    if let Some(place) = BINARY
        .iter()
        .position(|known| *known == suffix && place_is_binary(suffix))
    {
        let factor = 1024i128.checked_pow(u32::try_from(place).ok()?)?;
        let scaled = digits.checked_mul(factor)?;
        let unit = 10i128.checked_pow(power.unsigned_abs())?;
        // A part of one, and what is small, is written with decimal suffixes.
        if scaled % unit == 0 && (scaled / unit).abs() >= 1024 {
            return Some(binary(scaled / unit));
        }
        return decimal(scaled, power);
    }
    if let Some((_, known)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        power += known;
        return decimal(digits, power);
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let (digits, power) = shortest(digits, power.checked_add(exponent)?)?;
    Some(if power == 0 {
        digits.to_string()
    } else {
        format!("{digits}e{power}")
    })
}

/// Which of two quantities is larger; none when one cannot be read or has more digits than fit.
pub fn compare_quantities(left: &str, right: &str) -> Option<Ordering> {
    Some(nanos(left)?.cmp(&nanos(right)?))
}

/// A quantity in parts of a billionth.
fn nanos(text: &str) -> Option<i128> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(rest.len());
    let (number, suffix) = rest.split_at_checked(end)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("0{whole}{part}").parse().ok()?;
    let mut power = 9 - i32::try_from(part.len()).ok()?;
    let mut factor = 1_i128;
    if let Some((_, known)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        power += known;
    } else if let Some(place) = BINARY.iter().position(|known| *known == suffix) {
        factor = 1024i128.checked_pow(u32::try_from(place).ok()?)?;
    } else {
        let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
        power = power.checked_add(exponent)?;
    }
    let scale = 10i128.checked_pow(power.unsigned_abs())?;
    let scaled = digits.checked_mul(factor)?;
    let scaled = if power < 0 {
        scaled / scale
    } else {
        scaled.checked_mul(scale)?
    };
    Some(sign * scaled)
}

fn place_is_binary(suffix: &str) -> bool {
    !suffix.is_empty()
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
            assert_eq!(
                compare_quantities(left, right),
                Some(expected),
                "{left} {right}"
            );
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
    }
}
