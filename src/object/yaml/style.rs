//! Which of the four styles a string is written in.

use super::scalar::{Meaning, plain};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// A block behind `|`.
    Literal,
}

/// The line breaks of YAML 1.1.
pub(super) fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What go-yaml writes without escaping; nothing beyond the basic plane.
pub(super) fn is_printable(letter: char) -> bool {
    matches!(letter,
        '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && letter != '\u{feff}'
}

/// The style of a string. A short key on one line (`is_key`) never gets a block.
pub(super) fn style_of(text: &str, is_key: bool) -> Style {
    let traits = Traits::of(text);
    let wanted = if text.contains('\n') {
        Style::Literal
    } else if plain(text, true) == Meaning::Text && !is_base_60(text) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    match wanted {
        Style::Plain if traits.plain => Style::Plain,
        Style::Plain if traits.single_quoted => Style::SingleQuoted,
        Style::Literal if traits.block && !is_key => Style::Literal,
        _ => Style::DoubleQuoted,
    }
}

/// Which styles can say a string.
struct Traits {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let (mut indicator, mut special, mut broken) = (false, false, false);
        let (mut space_after_break, mut break_after_space) = (false, false);
        let mut previous: Option<char> = None;
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let before_blank = letters.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            let after_blank = previous
                .is_none_or(|previous| matches!(previous, ' ' | '\t' | '\0') || is_break(previous));
            indicator |= match letter {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`' => previous.is_none(),
                '-' | '?' => previous.is_none() && before_blank,
                ':' => before_blank,
                '#' => after_blank,
                _ => false,
            };
            special |= !is_printable(letter);
            broken |= is_break(letter);
            space_after_break |= letter == ' ' && previous.is_some_and(is_break);
            break_after_space |= is_break(letter) && previous == Some(' ');
            previous = Some(letter);
        }
        indicator |= text.starts_with("---") || text.starts_with("...");
        let spaced = |letter: char| letter == ' ' || is_break(letter);
        let blank_ends = text.starts_with(spaced) || text.ends_with(spaced);
        let quotable = !space_after_break && !break_after_space && !special;
        Self {
            plain: !indicator && !broken && !blank_ends && quotable,
            single_quoted: quotable,
            block: !text.ends_with(' ') && !break_after_space && !special,
        }
    }
}

/// Numbers of base 60 (`1:20`), which other readers of YAML 1.1 know: they are quoted for those.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (front, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let mut parts = front.split(':');
    let first = parts.next().unwrap_or_default();
    let is_sixty = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [tens, one] => matches!(tens, b'0'..=b'5') && one.is_ascii_digit(),
        _ => false,
    };
    front.contains(':')
        && first.starts_with(|letter: char| letter.is_ascii_digit())
        && digits(first)
        && parts.all(is_sixty)
        && digits(fraction)
}
