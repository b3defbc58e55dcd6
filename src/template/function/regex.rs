//! Regular expressions in Go's syntax.

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::{
    super::{
        budget::MAX_OUTPUT_BYTES,
        quote,
        template_error::Limit,
        value::{ListType, Value},
    },
    regex_syntax,
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Int, Text},
        bytes, int,
    },
    strings::part,
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", &[Text, Text], |call, values| {
        match matches(call, values) {
            Err(Fault::Failed) => Ok(Value::Bool(false)),
            other => other,
        }
    }),
    Function::new("mustRegexMatch", &[Text, Text], matches),
    Function::new("regexFind", &[Text, Text], find),
    Function::new("mustRegexFind", &[Text, Text], find),
    Function::new("regexFindAll", &[Text, Text, Int], find_all),
    Function::new("mustRegexFindAll", &[Text, Text, Int], find_all),
    Function::new("regexReplaceAll", &[Text, Text, Text], |call, values| {
        replace(call, values, false)
    }),
    Function::new(
        "mustRegexReplaceAll",
        &[Text, Text, Text],
        |call, values| replace(call, values, false),
    ),
    Function::new(
        "regexReplaceAllLiteral",
        &[Text, Text, Text],
        |call, values| replace(call, values, true),
    ),
    Function::new(
        "mustRegexReplaceAllLiteral",
        &[Text, Text, Text],
        |call, values| replace(call, values, true),
    ),
    Function::new("regexSplit", &[Text, Text, Int], split),
    Function::new("mustRegexSplit", &[Text, Text, Int], split),
    Function::new("regexQuoteMeta", &[Text], |call, values| {
        let mut out = Vec::new();
        for byte in bytes(values, 0) {
            if br"\.+*?()|[]{}^$".contains(byte) {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        call.text(out)
    }),
];

/// The most bytes that a compiled expression may take.
const MAX_REGEX_BYTES: usize = 256 * 1024;
/// How many pairs of an expression's byte and a text's byte are one step.
const PAIRS_A_STEP: usize = 256;

fn compiled(call: &mut Call, values: &[Value]) -> Result<Regex, Fault> {
    let pattern = std::str::from_utf8(bytes(values, 0)).map_err(|_| Fault::Failed)?;
    let pattern = regex_syntax::translated(pattern).ok_or(Fault::Failed)?;
    let pairs = pattern.weight.saturating_mul(bytes(values, 1).len() + 1);
    call.budget.take(100 + pattern.weight / 8)?;
    call.budget.take(pairs / PAIRS_A_STEP)?;
    RegexBuilder::new(&pattern.text)
        .size_limit(MAX_REGEX_BYTES)
        .dfa_size_limit(MAX_REGEX_BYTES)
        .nest_limit(100)
        .build()
        .map_err(|_| Fault::Failed)
}

fn matches(call: &mut Call, values: &[Value]) -> Called {
    let regex = compiled(call, values)?;
    Ok(Value::Bool(regex.is_match(bytes(values, 1))))
}

fn find(call: &mut Call, values: &[Value]) -> Called {
    let regex = compiled(call, values)?;
    let found = regex.find(bytes(values, 1));
    call.text(found.map_or(b"".as_slice(), |found| found.as_bytes()))
}

/// All matches as Go takes them: an empty one right after another does not count.
fn all<'t>(
    call: &mut Call,
    regex: &Regex,
    text: &'t [u8],
    most: i64,
) -> Result<Vec<Captures<'t>>, Fault> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let (mut at, mut last_end) = (0, None);
    while found.len() < most && at <= text.len() {
        call.budget.take(1)?;
        let Some(captures) = regex.captures_at(text, at) else {
            break;
        };
        let (start, end) = captures
            .get(0)
            .map_or((at, at), |whole| (whole.start(), whole.end()));
        let is_empty = start == end;
        if !(is_empty && last_end == Some(start)) {
            found.push(captures);
        }
        last_end = Some(end);
        at = if is_empty {
            let next = quote::letters(part(text, end, text.len())).next();
            end + next.map_or(1, |letter| letter.map_or(1, char::len_utf8))
        } else {
            end
        };
    }
    Ok(found)
}

fn find_all(call: &mut Call, values: &[Value]) -> Called {
    let regex = compiled(call, values)?;
    let found = all(call, &regex, bytes(values, 1), int(values, 2))?;
    if found.is_empty() {
        return Ok(Value::nil_list(ListType::Text));
    }
    let texts = found.iter().filter_map(|captures| captures.get(0));
    Ok(Value::texts(texts.map(|found| found.as_bytes())))
}

fn replace(call: &mut Call, values: &[Value], is_literal: bool) -> Called {
    let regex = compiled(call, values)?;
    let (text, replacement) = (bytes(values, 1), bytes(values, 2));
    let mut out = Vec::new();
    let mut at = 0;
    for captures in all(call, &regex, text, -1)? {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        out.extend_from_slice(part(text, at, whole.start()));
        if is_literal {
            out.extend_from_slice(replacement);
        } else {
            expand(&mut out, replacement, &captures);
        }
        at = whole.end();
        if out.len() > MAX_OUTPUT_BYTES {
            return Err(Limit::Output.into());
        }
    }
    out.extend_from_slice(part(text, at, text.len()));
    call.text(out)
}

/// Go's `Expand`: `$1`, `${1}`, `$name`, `${name}`, `$$`.
fn expand(out: &mut Vec<u8>, template: &[u8], captures: &Captures) {
    let mut rest = template;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        out.extend_from_slice(part(rest, 0, at));
        rest = part(rest, at + 1, rest.len());
        if let Some(after) = rest.strip_prefix(b"$") {
            out.push(b'$');
            rest = after;
            continue;
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let is_braced = rest.first() == Some(&b'{');
        let start = usize::from(is_braced);
        let length = part(rest, start, rest.len())
            .iter()
            .take_while(|byte| is_name(byte))
            .count();
        let name = part(rest, start, start + length);
        let end = start + length;
        if length == 0 || (is_braced && rest.get(end) != Some(&b'}')) {
            out.push(b'$');
            continue;
        }
        let name = std::str::from_utf8(name).unwrap_or("");
        let group = if name.bytes().all(|digit| digit.is_ascii_digit()) {
            name.parse()
                .ok()
                .and_then(|number: usize| captures.get(number))
        } else {
            captures.name(name)
        };
        out.extend_from_slice(group.map_or(b"".as_slice(), |group| group.as_bytes()));
        rest = part(rest, end + usize::from(is_braced), rest.len());
    }
    out.extend_from_slice(rest);
}

fn split(call: &mut Call, values: &[Value]) -> Called {
    let regex = compiled(call, values)?;
    let (pattern, text, most) = (bytes(values, 0), bytes(values, 1), int(values, 2));
    if most == 0 {
        return Ok(Value::nil_list(ListType::Text));
    }
    if !pattern.is_empty() && text.is_empty() {
        return Ok(Value::texts([""]));
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for captures in all(call, &regex, text, most)? {
        let Some(found) = captures.get(0) else {
            continue;
        };
        if most > 0 && parts.len() + 1 == usize::try_from(most).unwrap_or(usize::MAX) {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(part(text, start, end));
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(part(text, start, text.len()));
    }
    Ok(Value::texts(parts))
}
