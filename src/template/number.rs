//! Numbers as Go reads them, in templates and in texts.

use super::quote;

/// A number in a template: what it can stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Number {
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
    /// Whether its form says float where the type is open.
    pub looks_float: bool,
}

impl Number {
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('\'') {
            let code = quote::unquote_letter(text)?;
            return Some(Self {
                int: Some(code.into()),
                uint: Some(code.into()),
                float: Some(code.into()),
                ..Self::default()
            });
        }
        if let Some(inner) = text.strip_suffix('i') {
            return Self::parse_complex(inner);
        }
        let mut number = Self {
            int: parse_int(text, 0),
            uint: parse_uint(text, 0),
            ..Self::default()
        };
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        let looks_float = text.contains(['.', 'e', 'E', 'p', 'P']);
        if let Some(int) = number.int {
            number.float = Some(int as f64);
        } else if let Some(uint) = number.uint {
            number.float = Some(uint as f64);
        } else {
            let float = parse_float(text)?;
            if !looks_float {
                return None;
            }
            number.set_float(float);
        }
        let is_hex = text.len() > 2
            && (text.starts_with("0x") || text.starts_with("0X"))
            && !text.contains(['p', 'P']);
        number.looks_float = looks_float && !is_hex;
        Some(number)
    }

    fn set_float(&mut self, float: f64) {
        self.float = Some(float);
        if (float as i64) as f64 == float {
            self.int = Some(float as i64);
        }
        if (float as u64) as f64 == float {
            self.uint = Some(float as u64);
        }
    }

    fn parse_complex(inner: &str) -> Option<Self> {
        let split = inner
            .char_indices()
            .skip(1)
            .filter(|(at, letter)| {
                let before = inner.get(..*at).unwrap_or("");
                matches!(letter, '+' | '-') && !before.ends_with(['e', 'E', 'p', 'P'])
            })
            .map(|(at, _)| at)
            .last();
        let (real, imaginary) = match split {
            Some(at) => (
                parse_float(inner.get(..at)?)?,
                parse_float(inner.get(at..)?)?,
            ),
            None => (0.0, parse_float(inner)?),
        };
        let mut number = Self {
            complex: Some((real, imaginary)),
            ..Self::default()
        };
        if imaginary == 0.0 {
            number.set_float(real);
        }
        Some(number)
    }
}

/// Go's rule for `_` between digits: only after a digit or the base, and before a digit.
fn without_underscores(text: &str) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_owned());
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let has_base = digits.len() >= 2
        && digits.starts_with('0')
        && digits.get(1..2).is_some_and(|base| "bBoOxX".contains(base));
    let (mut before, rest) = if has_base {
        ('0', digits.get(2..)?)
    } else {
        ('^', digits)
    };
    for letter in rest.chars() {
        let kind = match letter {
            '0'..='9' => '0',
            'a'..='f' | 'A'..='F' if has_base => '0',
            '_' if before == '0' => '_',
            '_' => return None,
            _ if before == '_' => return None,
            _ => '!',
        };
        before = kind;
    }
    (before != '_').then(|| text.replace('_', ""))
}

/// `strconv.ParseUint`; base 0 takes the base, and `_`, from the text.
pub fn parse_uint(text: &str, base: u32) -> Option<u64> {
    if base != 0 {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return is_plain
            .then(|| u64::from_str_radix(text, base).ok())
            .flatten();
    }
    let plain = without_underscores(text)?;
    let lower = plain.to_ascii_lowercase();
    let (digits, base) = if let Some(rest) = lower.strip_prefix("0x") {
        (rest, 16)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (rest, 2)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (rest, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (lower.get(1..)?, 8)
    } else {
        (lower.as_str(), 10)
    };
    parse_uint(digits, base)
}

/// `strconv.ParseInt` of 64 bits.
pub fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with('_') {
        return None;
    }
    let value = i128::from(parse_uint(digits, base)?);
    i64::try_from(if is_negative { -value } else { value }).ok()
}

/// `strconv.ParseFloat` of 64 bits; a number out of range is none.
pub fn parse_float(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    if matches!(lower.as_str(), "inf" | "infinity") {
        return Some(sign * f64::INFINITY);
    }
    if lower == "nan" {
        return Some(f64::NAN);
    }
    if !lower.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') {
        return None;
    }
    let plain = without_underscores(&lower)?;
    let value = match plain.strip_prefix("0x") {
        Some(hex) => parse_hex_float(hex)?,
        None => plain.parse::<f64>().ok()?,
    };
    value.is_finite().then_some(sign * value)
}

fn parse_hex_float(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once('p')?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let value = u64::from_str_radix(&all, 16).ok()? as f64;
    let exponent = exponent.parse::<i32>().ok()?;
    let shift = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(value * 2.0_f64.powi(exponent.checked_sub(shift)?))
}
