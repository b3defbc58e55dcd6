//! Quantities of resources in their canonical form, as the API writes them.

/// Suffixes of powers of 1024.
const BINARY: &[(&str, u32)] = &[
    ("Ki", 1),
    ("Mi", 2),
    ("Gi", 3),
    ("Ti", 4),
    ("Pi", 5),
    ("Ei", 6),
];
/// Suffixes of powers of 1000, in powers of ten.
const DECIMAL: &[(&str, i32)] = &[
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

/// The canonical form; what is no quantity is given back as it is.
pub fn canonical(text: &str) -> String {
    parse(text).unwrap_or_else(|| text.to_owned())
}

fn parse(text: &str) -> Option<String> {
    let end = text
        .find(|letter: char| !(letter.is_ascii_digit() || "+-.".contains(letter)))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let nano = in_nano(number)?;
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        let whole = nano.checked_mul(1024_i128.checked_pow(*power)?)?;
        return binary(whole);
    }
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return decimal(scale(nano, *power)?, false);
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    decimal(scale(nano, exponent)?, true)
}

/// A decimal number in units of 10^-9, rounded up as the original does.
fn in_nano(number: &str) -> Option<i128> {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let kept: String = format!("{part:0<9}").chars().take(9).collect();
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut nano = whole.checked_mul(1_000_000_000)? + kept.parse::<i128>().ok()?;
    if part.chars().skip(9).any(|digit| digit != '0') {
        nano += 1;
    }
    Some(nano * sign)
}

fn scale(nano: i128, power: i32) -> Option<i128> {
    let factor = 10_i128.checked_pow(power.unsigned_abs())?;
    if power >= 0 {
        return nano.checked_mul(factor);
    }
    let (quotient, rest) = (nano / factor, nano % factor);
    Some(quotient + i128::from(rest > 0))
}

fn binary(nano: i128) -> Option<String> {
    const UNIT: i128 = 1_000_000_000;
    if nano.abs() < 1024 * UNIT {
        return decimal(nano, false);
    }
    let mut whole = nano / UNIT + i128::from(nano % UNIT > 0);
    let mut suffix = "";
    for (name, _) in BINARY {
        if whole % 1024 != 0 {
            break;
        }
        whole /= 1024;
        suffix = name;
    }
    Some(format!("{whole}{suffix}"))
}

fn decimal(nano: i128, exponential: bool) -> Option<String> {
    if nano == 0 {
        return Some("0".to_owned());
    }
    let (mut number, mut power) = (nano, -9);
    while power < 18 && number % 1000 == 0 {
        number /= 1000;
        power += 3;
    }
    if exponential {
        return Some(if power == 0 {
            number.to_string()
        } else {
            format!("{number}e{power}")
        });
    }
    let (suffix, _) = DECIMAL.iter().find(|(_, of)| *of == power)?;
    Some(format!("{number}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_one_form() {
        for (text, form) in [
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1Gi", "1Gi"),
            ("512Mi", "512Mi"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("0", "0"),
            ("100Ki", "100Ki"),
            ("0.5Ki", "512"),
            ("250m", "250m"),
            ("none", "none"),
        ] {
            assert_eq!(canonical(text), form, "{text}");
        }
    }
}
