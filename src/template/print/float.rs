//! Floats in Go's forms.

use std::fmt::Write;

/// Sign, digits without the point, and the exponent of the first digit.
fn parts(scientific: &str) -> (bool, String, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let is_negative = mantissa.starts_with('-');
    let digits = mantissa.chars().filter(char::is_ascii_digit).collect();
    (is_negative, digits, exponent.parse().unwrap_or(0))
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

/// `%e` with so many digits after the point, or as many as it takes.
pub fn exponent_form(value: f64, precision: Option<usize>) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let scientific = match precision {
        Some(precision) => format!("{value:.precision$e}"),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// `%f`.
pub fn fixed_form(value: f64, precision: Option<usize>) -> String {
    match (special(value), precision) {
        (Some(text), _) => text.to_owned(),
        (None, Some(precision)) => format!("{value:.precision$}"),
        (None, None) => format!("{value}"),
    }
}

/// `%g`, or `%v` with its own bound for large exponents.
pub fn shortest(value: f64, precision: Option<usize>, large: i32, keeps_zeros: bool) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let wanted = precision.map(|precision| precision.max(1));
    let scientific = match wanted {
        Some(digits) => format!("{value:.*e}", digits - 1),
        None => format!("{value:e}"),
    };
    let (is_negative, mut digits, exponent) = parts(&scientific);
    if !keeps_zeros {
        let kept = digits.trim_end_matches('0').len().max(1);
        digits.truncate(kept);
    }
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    // Go's rule: %e is used if the exponent is under -4 or at least the precision; for the shortest form
    // the precision is at least 6, or the given bound.
    let bound = match wanted {
        Some(wanted) => {
            let wanted = i32::try_from(wanted).unwrap_or(i32::MAX);
            if wanted > count && count > exponent {
                count
            } else {
                wanted
            }
        }
        None => large,
    };
    let mut out = String::from(if is_negative { "-" } else { "" });
    let split = |at: usize| {
        (
            digits.get(..at).unwrap_or(&digits),
            digits.get(at..).unwrap_or(""),
        )
    };
    if exponent < -4 || exponent >= bound {
        let (first, rest) = split(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        _ = write!(
            out,
            "{first}{point}{rest}e{sign}{:02}",
            exponent.unsigned_abs()
        );
    } else if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n(
            '0',
            exponent.unsigned_abs() as usize - 1,
        ));
        out.push_str(&digits);
    } else {
        let whole = exponent.unsigned_abs() as usize + 1;
        let (before, after) = split(whole);
        out.push_str(before);
        out.extend(std::iter::repeat_n('0', whole.saturating_sub(digits.len())));
        if !after.is_empty() {
            out.push('.');
            out.push_str(after);
        }
    }
    out
}

/// Sign, mantissa with its leading one, and the exponent of that one.
fn binary_parts(value: f64) -> (&'static str, u64, i32) {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 {
        return (sign, fraction, -1022);
    }
    (sign, fraction | (1 << 52), exponent - 1023)
}

/// `%b`.
pub fn binary_form(value: f64) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let (sign, mantissa, exponent) = binary_parts(value);
    format!("{sign}{mantissa}p{:+}", exponent - 52)
}

/// `%x`.
pub fn hex_form(value: f64) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let (sign, mut mantissa, mut exponent) = binary_parts(value);
    if mantissa == 0 {
        return format!("{sign}0x0p+00");
    }
    while mantissa < 1 << 52 {
        mantissa <<= 1;
        exponent -= 1;
    }
    let digits = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    let mark = if exponent < 0 { '-' } else { '+' };
    format!(
        "{sign}0x1{point}{digits}p{mark}{:02}",
        exponent.unsigned_abs()
    )
}
