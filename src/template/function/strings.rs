//! Strings.

use std::collections::BTreeMap;

use super::{
    super::{
        print, quote,
        value::{ListType, Text as Bytes, Value},
    },
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Any, Int, Text},
        any, bytes, int,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("hello", &[], |_, _| Ok(Value::text("Hello!"))),
    Function::new("abbrev", &[Int, Text], |call, values| {
        let (width, text) = (int(values, 0), bytes(values, 1));
        call.text(if width < 4 {
            text.to_vec()
        } else {
            abbreviated(text, 0, width)
        })
    }),
    Function::new("abbrevboth", &[Int, Int, Text], |call, values| {
        let (left, right, text) = (int(values, 0), int(values, 1), bytes(values, 2));
        if right < 4 || (left > 0 && right < 7) {
            return call.text(text);
        }
        call.text(abbreviated(text, left, right))
    }),
    Function::new("trunc", &[Int, Text], |call, values| {
        let (count, text) = (int(values, 0), bytes(values, 1));
        let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        call.text(match size < text.len() {
            true if count < 0 => part(text, text.len() - size, text.len()),
            true => part(text, 0, size),
            false => text,
        })
    }),
    Function::new("trim", &[Text], |call, values| {
        call.text(trimmed(bytes(values, 0), |letter| {
            letter.is_ok_and(char::is_whitespace)
        }))
    }),
    Function::new("trimAll", &[Text, Text], trim_all),
    Function::new("trimall", &[Text, Text], trim_all),
    Function::new("trimSuffix", &[Text, Text], |call, values| {
        let text = bytes(values, 1);
        call.text(text.strip_suffix(bytes(values, 0)).unwrap_or(text))
    }),
    Function::new("trimPrefix", &[Text, Text], |call, values| {
        let text = bytes(values, 1);
        call.text(text.strip_prefix(bytes(values, 0)).unwrap_or(text))
    }),
    Function::new("nospace", &[Text], |call, values| {
        let text = bytes(values, 0);
        if !text.iter().any(|byte| is_space(*byte)) {
            return call.text(text);
        }
        let kept = text.iter().filter(|byte| !is_space(**byte));
        call.text(kept.map(|byte| char::from(*byte)).collect::<String>())
    }),
    Function::new("initials", &[Text], |call, values| {
        let mut was_gap = true;
        let mut out = String::new();
        for byte in bytes(values, 0) {
            let is_gap = is_space(*byte);
            if was_gap && !is_gap {
                out.push(char::from(*byte));
            }
            was_gap = is_gap;
        }
        call.text(out)
    }),
    Function::new("substr", &[Int, Int, Text], |call, values| {
        let (start, end, text) = (int(values, 0), int(values, 1), bytes(values, 2));
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let range = if start < 0 {
            (0, end)
        } else if end < 0 || end > length {
            (start, length)
        } else {
            (start, end)
        };
        let found = usize::try_from(range.0)
            .ok()
            .zip(usize::try_from(range.1).ok())
            .and_then(|(start, end)| text.get(start..end));
        call.text(found.ok_or(Fault::Failed)?)
    }),
    Function::new("repeat", &[Int, Text], |call, values| {
        let text = bytes(values, 1);
        let repeated = repeated(call, int(values, 0), text)?;
        call.text(repeated)
    }),
    Function::new("contains", &[Text, Text], |call, values| {
        let (part, text) = (bytes(values, 0), bytes(values, 1));
        call.budget.take_bytes(text.len())?;
        Ok(Value::Bool(find(text, part).is_some()))
    }),
    Function::new("hasPrefix", &[Text, Text], |_, values| {
        Ok(Value::Bool(bytes(values, 1).starts_with(bytes(values, 0))))
    }),
    Function::new("hasSuffix", &[Text, Text], |_, values| {
        Ok(Value::Bool(bytes(values, 1).ends_with(bytes(values, 0))))
    }),
    Function::variadic("quote", &[], Any, |call, values| {
        let mut out = Vec::new();
        for value in values.iter().filter(|value| !value.is_nothing()) {
            let text = call.string(value)?;
            call.budget.take_bytes(text.bytes().len())?;
            out.push(quote::quote(text.bytes(), '"', false));
        }
        call.text(out.join(" "))
    }),
    Function::variadic("squote", &[], Any, |call, values| {
        let mut out = Vec::new();
        for value in values.iter().filter(|value| !value.is_nothing()) {
            let text = call.string(value)?;
            out.push([b"'", text.bytes(), b"'"].concat());
        }
        call.text(out.join(&b' '))
    }),
    Function::variadic("cat", &[], Any, |call, values| {
        let mut out = Vec::new();
        for value in values.iter().filter(|value| !value.is_nothing()) {
            out.push(call.string(value)?.bytes().to_vec());
        }
        call.text(out.join(&b' '))
    }),
    Function::new("indent", &[Int, Text], |call, values| {
        let text = indented(call, values)?;
        call.text(text)
    }),
    Function::new("nindent", &[Int, Text], |call, values| {
        let mut text = indented(call, values)?;
        text.insert(0, b'\n');
        call.text(text)
    }),
    Function::new("replace", &[Text, Text, Text], |call, values| {
        let text = replaced(call, bytes(values, 2), bytes(values, 0), bytes(values, 1))?;
        call.text(text)
    }),
    Function::new("plural", &[Text, Text, Int], |_, values| {
        Ok(any(values, usize::from(int(values, 2) != 1)).clone())
    }),
    Function::new("split", &[Text, Text], |call, values| {
        let parts = split(call, bytes(values, 1), bytes(values, 0), -1)?;
        Ok(numbered(parts.unwrap_or_default()))
    }),
    Function::new("splitn", &[Text, Int, Text], |call, values| {
        let parts = split(call, bytes(values, 2), bytes(values, 0), int(values, 1))?;
        Ok(numbered(parts.unwrap_or_default()))
    }),
    Function::new("splitList", &[Text, Text], |call, values| {
        let parts = split(call, bytes(values, 1), bytes(values, 0), -1)?;
        Ok(Value::texts(parts.unwrap_or_default()))
    }),
    Function::new("toStrings", &[Any], |call, values| {
        let texts = strings(call, any(values, 0))?;
        Ok(Value::texts(texts))
    }),
    Function::new("join", &[Text, Any], |call, values| {
        let texts = strings(call, any(values, 1))?;
        let separator = bytes(values, 0);
        let length = texts
            .iter()
            .map(|text| text.bytes().len() + separator.len());
        call.budget.take_bytes(length.sum())?;
        let texts: Vec<&[u8]> = texts.iter().map(Bytes::bytes).collect();
        call.text(texts.join(separator))
    }),
    Function::new("sortAlpha", &[Any], |call, values| {
        let mut texts = match any(values, 0) {
            list @ Value::List(_) => strings(call, list)?,
            other => vec![call.string(other)?],
        };
        texts.sort();
        Ok(Value::list_of(
            ListType::Text,
            texts.into_iter().map(Value::Text).collect(),
        ))
    }),
    Function::new("toString", &[Any], |call, values| {
        call.string(any(values, 0)).map(Value::Text)
    }),
];

/// A part of a text; empty where there is none.
pub fn part(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end).unwrap_or_default()
}

/// Where a part first is.
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part)
}

/// Go's `unicode.IsSpace` of a byte taken for a letter.
fn is_space(byte: u8) -> bool {
    char::from(byte).is_whitespace()
}

fn trimmed(text: &[u8], is_off: impl Fn(Result<char, u8>) -> bool) -> &[u8] {
    let width = |letter: Result<char, u8>| letter.map_or(1, char::len_utf8);
    let letters: Vec<_> = quote::letters(text).collect();
    let first = letters.iter().take_while(|letter| is_off(**letter)).count();
    let start: usize = letters
        .iter()
        .take(first)
        .map(|letter| width(*letter))
        .sum();
    let rest = letters.get(first..).unwrap_or_default();
    let off = rest.iter().rev().take_while(|letter| is_off(**letter));
    let end: usize = off.map(|letter| width(*letter)).sum();
    part(text, start, text.len() - end)
}

fn trim_all(call: &mut Call, values: &[Value]) -> Called {
    let (set, text) = (bytes(values, 0), bytes(values, 1));
    call.budget.take_bytes(text.len())?;
    let set: Vec<char> = quote::letters(set)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    call.text(trimmed(text, |letter| {
        set.contains(&letter.unwrap_or(char::REPLACEMENT_CHARACTER))
    }))
}

/// The text cut to a width with `...`, after an offset.
fn abbreviated(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if length <= width {
        return text.to_vec();
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    let at = |place: i64| usize::try_from(place).unwrap_or(0);
    if offset <= 4 {
        return [part(text, 0, at(width - 3)), b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + width - 3 < length {
        let rest = part(text, at(offset), text.len());
        let rest = if width - 3 < 4 {
            Vec::new()
        } else {
            abbreviated(rest, 0, width - 3)
        };
        return [b"...", rest.as_slice()].concat();
    }
    [b"...", part(text, at(length - (width - 3)), text.len())].concat()
}

fn repeated(call: &mut Call, count: i64, text: &[u8]) -> Result<Vec<u8>, Fault> {
    let count = usize::try_from(count).map_err(|_| Fault::Failed)?;
    let length = count.saturating_mul(text.len());
    call.budget.take_bytes(length)?;
    Ok(if text.is_empty() {
        Vec::new()
    } else {
        text.repeat(count)
    })
}

fn indented(call: &mut Call, values: &[Value]) -> Result<Vec<u8>, Fault> {
    let pad = repeated(call, int(values, 0), b" ")?;
    let text = bytes(values, 1);
    let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
    call.budget
        .take_bytes(lines.saturating_mul(pad.len()).saturating_add(text.len()))?;
    let mut out = pad.clone();
    for byte in text {
        out.push(*byte);
        if *byte == b'\n' {
            out.extend_from_slice(&pad);
        }
    }
    Ok(out)
}

/// All of `old` by `new`; an empty `old` is before each letter and at the end.
fn replaced(call: &mut Call, text: &[u8], old: &[u8], new: &[u8]) -> Result<Vec<u8>, Fault> {
    let pieces = split(call, text, old, -1)?.unwrap_or_default();
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    let count = pieces.len() + 1;
    call.budget
        .take_bytes(count.saturating_mul(new.len()).saturating_add(text.len()))?;
    if !old.is_empty() {
        return Ok(pieces.join(new));
    }
    let mut out = new.to_vec();
    for piece in pieces {
        out.extend_from_slice(piece);
        out.extend_from_slice(new);
    }
    Ok(out)
}

/// Go's `strings.SplitN`; no list for a count of zero.
pub fn split(
    call: &mut Call,
    text: &[u8],
    separator: &[u8],
    count: i64,
) -> Result<Option<Vec<Vec<u8>>>, Fault> {
    call.budget.take_bytes(text.len())?;
    let most = match count {
        0 => return Ok(None),
        count if count < 0 => usize::MAX,
        count => usize::try_from(count).unwrap_or(usize::MAX),
    };
    let mut parts = Vec::new();
    let mut rest = text;
    while parts.len() + 1 < most {
        let cut = if separator.is_empty() {
            let first = quote::letters(rest)
                .next()
                .map(|letter| letter.map_or(1, char::len_utf8));
            first.filter(|width| *width < rest.len())
        } else {
            find(rest, separator)
        };
        let Some(at) = cut else { break };
        call.budget.take(1)?;
        parts.push(part(rest, 0, at).to_vec());
        rest = part(rest, at + separator.len(), rest.len());
    }
    if !(separator.is_empty() && rest.is_empty()) {
        parts.push(rest.to_vec());
    }
    Ok(Some(parts))
}

fn numbered(parts: Vec<Vec<u8>>) -> Value {
    let entries: BTreeMap<Bytes, Value> = parts
        .into_iter()
        .enumerate()
        .map(|(place, text)| (Bytes::from(format!("_{place}")), Value::text(text)))
        .collect();
    Value::text_map(entries)
}

/// Sprig's `strslice`: the items as strings, without what is nil.
pub fn strings(call: &mut Call, value: &Value) -> Result<Vec<Bytes>, Fault> {
    match value {
        Value::List(list) => {
            call.budget.take(list.items.len())?;
            let items = list.items.iter().filter(|item| !item.is_nothing());
            items
                .map(|item| print::to_text(item, call.budget))
                .collect()
        }
        value if value.is_nothing() => Ok(Vec::new()),
        value => Ok(vec![call.string(value)?]),
    }
}
