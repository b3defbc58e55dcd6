//! Lines of a width.

use super::{
    signature::{
        Call, Called, Function,
        Parameter::{Int, Text},
        bytes, int,
    },
    strings::{find, part},
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("wrap", &[Int, Text], |call, values| {
        wrapped(call, bytes(values, 1), int(values, 0), b"", false)
    }),
    Function::new("wrapWith", &[Int, Text, Text], |call, values| {
        wrapped(
            call,
            bytes(values, 2),
            int(values, 0),
            bytes(values, 1),
            true,
        )
    }),
];

/// `goutils.WrapCustom`: breaks at spaces, and within long words if told so.
fn wrapped(
    call: &mut Call,
    text: &[u8],
    width: i64,
    line_end: &[u8],
    breaks_words: bool,
) -> Called {
    let line_end = if line_end.is_empty() { b"\n" } else { line_end };
    let width = usize::try_from(width)
        .unwrap_or(1)
        .clamp(1, text.len().max(1));
    let mut out = Vec::new();
    let mut at = 0;
    while text.len() - at > width {
        call.budget.take(1)?;
        if text.get(at) == Some(&b' ') {
            at += 1;
            continue;
        }
        let line = part(text, at, at + width + 1);
        let last_space = line.iter().rposition(|byte| *byte == b' ');
        let (end, next) = match last_space {
            Some(space) => (at + space, at + space + 1),
            None if breaks_words => (at + width, at + width),
            None => match find(part(text, at + width, text.len()), b" ") {
                Some(space) => (at + width + space, at + width + space + 1),
                None => {
                    out.extend_from_slice(part(text, at, text.len()));
                    at = text.len();
                    continue;
                }
            },
        };
        out.extend_from_slice(part(text, at, end));
        out.extend_from_slice(line_end);
        call.budget.take_bytes(out.len().min(line_end.len() + 64))?;
        if out.len() > super::super::budget::MAX_OUTPUT_BYTES {
            break;
        }
        at = next;
    }
    out.extend_from_slice(part(text, at, text.len()));
    call.text(out)
}
