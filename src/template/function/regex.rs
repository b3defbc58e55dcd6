//! Regular expressions in Go's syntax.

use std::{borrow::Cow, ops::Range};

use regex::bytes::{Regex, RegexBuilder};

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

/// A text as Go's expressions read it: every byte that is no UTF-8 counts as U+FFFD.
struct Subject<'t> {
    read: Cow<'t, str>,
    /// For each byte of `read`, and for its end, where that is in the text itself; empty where the two are the same.
    places: Vec<usize>,
}

impl<'t> Subject<'t> {
    fn new(text: &'t [u8]) -> Self {
        if let Ok(read) = std::str::from_utf8(text) {
            return Self {
                read: Cow::Borrowed(read),
                places: Vec::new(),
            };
        }
        let (mut read, mut places, mut at) = (String::new(), Vec::new(), 0);
        for letter in quote::letters(text) {
            let shown = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            places.extend((0..shown.len_utf8()).map(|byte| at + byte));
            at += letter.map_or(1, char::len_utf8);
            read.push(shown);
        }
        places.push(at);
        Self {
            read: Cow::Owned(read),
            places,
        }
    }

    fn in_text(&self, found: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.places.get(at).copied().unwrap_or(at);
        place(found.start)..place(found.end)
    }
}

/// One match: where the whole of it and its groups are in the text.
struct Found {
    whole: Range<usize>,
    groups: Vec<Option<Range<usize>>>,
}

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
    let subject = Subject::new(bytes(values, 1));
    Ok(Value::Bool(regex.is_match(subject.read.as_bytes())))
}

fn find(call: &mut Call, values: &[Value]) -> Called {
    let regex = compiled(call, values)?;
    let text = bytes(values, 1);
    let subject = Subject::new(text);
    let found = regex
        .find(subject.read.as_bytes())
        .map_or(0..0, |found| subject.in_text(found.range()));
    call.text(part(text, found.start, found.end))
}

/// All matches as Go takes them: an empty one right after another does not count.
fn all(call: &mut Call, regex: &Regex, text: &[u8], most: i64) -> Result<Vec<Found>, Fault> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let subject = Subject::new(text);
    let read = subject.read.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut last_end) = (0, None);
    while found.len() < most && at <= read.len() {
        call.budget.take(1)?;
        let Some(captures) = regex.captures_at(read, at) else {
            break;
        };
        let whole = captures.get(0).map_or(at..at, |whole| whole.range());
        let (is_empty, end) = (whole.is_empty(), whole.end);
        if !(is_empty && last_end == Some(whole.start)) {
            let groups = captures.iter();
            found.push(Found {
                whole: subject.in_text(whole),
                groups: groups
                    .map(|group| group.map(|group| subject.in_text(group.range())))
                    .collect(),
            });
        }
        last_end = Some(end);
        at = if is_empty {
            let next = subject.read.get(end..).and_then(|rest| rest.chars().next());
            end + next.map_or(1, char::len_utf8)
        } else {
            end
        };
    }
    Ok(found)
}

fn find_all(call: &mut Call, values: &[Value]) -> Called {
    let regex = compiled(call, values)?;
    let text = bytes(values, 1);
    let found = all(call, &regex, text, int(values, 2))?;
    if found.is_empty() {
        return Ok(Value::nil_list(ListType::Text));
    }
    let texts = found
        .iter()
        .map(|found| part(text, found.whole.start, found.whole.end));
    Ok(Value::texts(texts))
}

fn replace(call: &mut Call, values: &[Value], is_literal: bool) -> Called {
    let regex = compiled(call, values)?;
    let (text, replacement) = (bytes(values, 1), bytes(values, 2));
    let mut out = Vec::new();
    let mut at = 0;
    for found in all(call, &regex, text, -1)? {
        out.extend_from_slice(part(text, at, found.whole.start));
        if is_literal {
            out.extend_from_slice(replacement);
        } else {
            expand(&mut out, replacement, |name| {
                let is_number = name == "0" || !name.starts_with('0');
                let number = name.parse().ok().filter(|_| is_number);
                let number =
                    number.or_else(|| regex.capture_names().position(|known| known == Some(name)));
                let group = found.groups.get(number?)?.clone()?;
                Some(part(text, group.start, group.end))
            });
        }
        at = found.whole.end;
        if out.len() > MAX_OUTPUT_BYTES {
            return Err(Limit::Output.into());
        }
    }
    out.extend_from_slice(part(text, at, text.len()));
    call.text(out)
}

/// Go's `Expand`: `$1`, `${1}`, `$name`, `${name}`, `$$`.
fn expand<'t>(out: &mut Vec<u8>, template: &[u8], group: impl Fn(&str) -> Option<&'t [u8]>) {
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
        out.extend_from_slice(group(name).unwrap_or_default());
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
    for Found { whole, .. } in all(call, &regex, text, most)? {
        if most > 0 && parts.len() + 1 == usize::try_from(most).unwrap_or(usize::MAX) {
            break;
        }
        end = whole.start;
        if whole.end != 0 {
            parts.push(part(text, start, end));
        }
        start = whole.end;
    }
    if end != text.len() {
        parts.push(part(text, start, text.len()));
    }
    Ok(Value::texts(parts))
}
