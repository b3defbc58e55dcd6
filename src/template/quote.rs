//! Go's quoting of strings and characters, there and back.

use std::fmt::Write;

/// One escape or letter at the start of a text between quotes: the bytes or the letter, and what is left.
enum Unit {
    Byte(u8),
    Letter(char),
}

fn unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut letters = text.chars();
    let first = letters.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Letter(first), letters.as_str()));
    }
    let kind = letters.next()?;
    let rest = letters.as_str();
    let letter = match kind {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        '\'' | '"' if kind == quote => kind,
        'x' | 'u' | 'U' => {
            let length = match kind {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            let digits = rest.get(..length)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            let code = u32::from_str_radix(digits, 16).ok()?;
            let rest = rest.get(length..)?;
            let unit = if kind == 'x' {
                Unit::Byte(u8::try_from(code).ok()?)
            } else {
                Unit::Letter(char::from_u32(code)?)
            };
            return Some((unit, rest));
        }
        '0'..='7' => {
            let digits = text.get(1..4)?;
            if !digits.bytes().all(|digit| (b'0'..b'8').contains(&digit)) {
                return None;
            }
            let code = u8::try_from(u32::from_str_radix(digits, 8).ok()?).ok()?;
            return Some((Unit::Byte(code), text.get(4..)?));
        }
        _ => return None,
    };
    Some((Unit::Letter(letter), rest))
}

/// The bytes of a Go string literal with its quotes; `None` if it is none.
pub fn unquote(literal: &str) -> Option<Vec<u8>> {
    if let Some(inner) = literal
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'))
    {
        return Some(inner.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (one, after) = unit(rest, '"')?;
        match one {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Letter(letter) => {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        rest = after;
    }
    Some(bytes)
}

/// The code of a Go character literal with its quotes.
pub fn unquote_letter(literal: &str) -> Option<u32> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let (one, rest) = unit(inner, '\'')?;
    rest.is_empty().then_some(match one {
        Unit::Byte(byte) => u32::from(byte),
        Unit::Letter(letter) => u32::from(letter),
    })
}

/// Whether Go takes a letter for printable.
pub fn is_printable(letter: char) -> bool {
    match letter {
        ' '..='~' => true,
        '\u{0}'..='\u{a0}' | '\u{ad}' => false,
        _ => {
            let is_private = matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
            let is_space = letter.is_whitespace();
            let is_format = matches!(letter,
                '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}');
            !(is_private || is_space || is_format)
        }
    }
}

/// Letters of a text, and its bytes that are no UTF-8.
pub fn letters(bytes: &[u8]) -> impl Iterator<Item = Result<char, u8>> + '_ {
    bytes.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(Ok);
        valid.chain(chunk.invalid().iter().copied().map(Err))
    })
}

/// A text as Go's `%q` (or `%+q`) writes it.
pub fn quote(bytes: &[u8], mark: char, is_ascii: bool) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push(mark);
    for letter in letters(bytes) {
        match letter {
            Err(byte) => _ = write!(out, "\\x{byte:02x}"),
            Ok(letter) => push_letter(&mut out, letter, mark, is_ascii),
        }
    }
    out.push(mark);
    out
}

fn push_letter(out: &mut String, letter: char, mark: char, is_ascii: bool) {
    if letter == mark || letter == '\\' {
        out.push('\\');
        out.push(letter);
        return;
    }
    if is_printable(letter) && (!is_ascii || letter.is_ascii()) {
        out.push(letter);
        return;
    }
    let code = u32::from(letter);
    _ = match letter {
        '\u{7}' => out.write_str("\\a"),
        '\u{8}' => out.write_str("\\b"),
        '\u{c}' => out.write_str("\\f"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\u{b}' => out.write_str("\\v"),
        _ if code < 0x20 || code == 0x7f => write!(out, "\\x{code:02x}"),
        _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}
