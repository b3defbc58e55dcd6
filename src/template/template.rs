//! Rendering of the smallest part of Go's `text/template` that stands for itself.

use std::collections::BTreeMap;

use crate::secret::Hidden;

/// The most bytes that one template may make.
pub const MAX_OUTPUT_BYTES: usize = 1024 * 1024;

/// Why a template was not rendered: position and class, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An action has no end.
    #[error("template: line {line}, column {column}: action is not closed")]
    NotClosed {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// An action is more than a plain field.
    #[error(
        "template: line {line}, column {column}: only a plain field such as {{{{ .key }}}} is supported"
    )]
    NotPlain {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// The result grows over [`MAX_OUTPUT_BYTES`].
    #[error("template: result is longer than {MAX_OUTPUT_BYTES} bytes")]
    TooLong,
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
/// What Go prints for a name that the map has not.
const NO_VALUE: &[u8] = b"<no value>";

/// Renders a template with the values by name.
///
/// # Errors
/// [`TemplateError`] at the first action that is not a plain field.
pub fn render(
    text: &str,
    values: &BTreeMap<String, Hidden<Vec<u8>>>,
) -> Result<Hidden<Vec<u8>>, TemplateError> {
    let mut output = Hidden::new(Vec::new());
    let mut rest = text;
    let mut trim_next = false;
    while let Some((literal, after)) = rest.split_once(OPEN) {
        let at = text.len() - after.len() - OPEN.len();
        let Some((action, following)) = after.split_once(CLOSE) else {
            let (line, column) = position(text, at);
            return Err(TemplateError::NotClosed { line, column });
        };
        let (action, trims_before) = leading_trim(action);
        let (action, trims_after) = trailing_trim(action);
        let mut literal = if trim_next {
            literal.trim_start_matches(SPACE)
        } else {
            literal
        };
        if trims_before {
            literal = literal.trim_end_matches(SPACE);
        }
        push(&mut output, literal.as_bytes())?;
        let Some(name) = plain_field(action) else {
            let (line, column) = position(text, at);
            return Err(TemplateError::NotPlain { line, column });
        };
        let value = values.get(name).map_or(NO_VALUE, |value| value.expose());
        push(&mut output, value)?;
        trim_next = trims_after;
        rest = following;
    }
    let literal = if trim_next {
        rest.trim_start_matches(SPACE)
    } else {
        rest
    };
    push(&mut output, literal.as_bytes())?;
    Ok(output)
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Takes `- ` off the start of an action; the marker counts only with space after it.
fn leading_trim(action: &str) -> (&str, bool) {
    match action.strip_prefix('-') {
        Some(rest) if rest.starts_with(SPACE) => (rest, true),
        _ => (action, false),
    }
}

/// Takes ` -` off the end of an action; the marker counts only with space before it.
fn trailing_trim(action: &str) -> (&str, bool) {
    match action.strip_suffix('-') {
        Some(rest) if rest.ends_with(SPACE) => (rest, true),
        _ => (action, false),
    }
}

fn plain_field(action: &str) -> Option<&str> {
    let name = action.trim_matches(SPACE).strip_prefix('.')?;
    let mut letters = name.chars();
    let first = letters.next()?;
    (!first.is_numeric() && (first == '_' || first.is_alphabetic())).then_some(())?;
    letters
        .all(|letter| letter == '_' || letter.is_alphanumeric())
        .then_some(name)
}

fn push(output: &mut Hidden<Vec<u8>>, bytes: &[u8]) -> Result<(), TemplateError> {
    let output = output.expose_mut();
    if output.len() + bytes.len() > MAX_OUTPUT_BYTES {
        return Err(TemplateError::TooLong);
    }
    output.extend_from_slice(bytes);
    Ok(())
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, Hidden<Vec<u8>>> {
        [("user", "u"), ("pass_1", "p")]
            .map(|(name, value)| (name.to_owned(), Hidden::new(value.as_bytes().to_vec())))
            .into()
    }

    fn shown(text: &str) -> Result<String, TemplateError> {
        render(text, &values()).map(|output| String::from_utf8(output.expose().clone()).unwrap())
    }

    #[test]
    fn renders_literals_and_fields() {
        for (text, wanted) in [
            ("", ""),
            ("plain } { text", "plain } { text"),
            ("{{ .user }}:{{.pass_1}}", "u:p"),
            ("a {{- .user -}} b", "aub"),
            ("a\n{{- .user }}\n", "au\n"),
            ("[{{ .none }}]", "[<no value>]"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn says_where_it_cannot_follow_and_no_value() {
        for (text, line, column) in [
            ("{{ .user | b64enc }}", 1, 1),
            ("a\n b{{ index . \"x\" }}", 2, 3),
            ("{{ .a.b }}", 1, 1),
            ("{{ . }}", 1, 1),
            ("{{ .1a }}", 1, 1),
        ] {
            assert_eq!(
                shown(text),
                Err(TemplateError::NotPlain { line, column }),
                "{text}"
            );
        }
        assert_eq!(
            shown("x{{ .user"),
            Err(TemplateError::NotClosed { line: 1, column: 2 })
        );
    }

    #[test]
    fn the_result_is_limited() {
        let text = "x".repeat(MAX_OUTPUT_BYTES);
        assert!(shown(&text).is_ok());
        assert_eq!(
            shown(&format!("{text}{{{{ .user }}}}")),
            Err(TemplateError::TooLong)
        );
    }
}
