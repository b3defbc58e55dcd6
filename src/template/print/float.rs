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
            if wanted > count && count >= exponent + 1 {
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
