//! One scalar of a YAML text: where it ends, and how another value is written in its style.

use super::edit::EditError;
use crate::object::{
    edit::closed,
    yaml::{self, ReadOptions},
};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
}

/// A scalar in a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    pub start: usize,
    pub end: usize,
    pub style: Style,
}

/// The scalar that begins at an offset, behind its anchor and tag. A plain one ends at the end of its line, or inside
/// brackets at the next of their signs.
pub(super) fn at(text: &str, offset: usize, in_brackets: bool) -> Result<Scalar, EditError> {
    let mut start = offset;
    loop {
        let rest = text.get(start..).unwrap_or_default();
        if !rest.starts_with(['&', '!']) {
            break;
        }
        let word = rest.find([' ', '\n']).unwrap_or(rest.len());
        let blank = rest.get(word..).unwrap_or_default();
        start += word + (blank.len() - blank.trim_start().len());
    }
    let rest = text.get(start..).unwrap_or_default();
    let (length, style) = match rest.chars().next() {
        Some('"') => (closed(rest, '"'), Style::Double),
        Some('\'') => (closed(rest, '\''), Style::Single),
        Some('*') => return Err(EditError::Shared),
        _ => (Some(plain(rest, in_brackets)), Style::Plain),
    };
    let length = length.ok_or(EditError::Unclear)?;
    Ok(Scalar {
        start,
        end: start + length,
        style,
    })
}

fn plain(text: &str, in_brackets: bool) -> usize {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let end = line.find(" #").unwrap_or(line.len());
    let line = line.get(..end).unwrap_or(line);
    let end = match line.find([',', ']', '}']) {
        Some(end) if in_brackets => end,
        _ => line.len(),
    };
    line.get(..end).unwrap_or(line).trim_end().len()
}

/// A value in a style; plain text that would be read as something else gets quotes.
pub(super) fn written(value: &str, style: Style) -> String {
    match style {
        Style::Plain if is_plain(value) => value.to_owned(),
        Style::Single if !value.contains('\n') => format!("'{}'", value.replace('\'', "''")),
        _ => serde_json::Value::from(value).to_string(),
    }
}

fn is_plain(value: &str) -> bool {
    let is_simple = |letter: char| letter.is_ascii_alphanumeric() || "/._-:@+=".contains(letter);
    if !value.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        || !value.chars().all(is_simple)
    {
        return false;
    }
    let read = yaml::read(value.as_bytes(), &ReadOptions::default());
    read.is_ok_and(|documents| {
        documents
            .first()
            .is_some_and(|document| document.value.as_str() == Some(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_end_where_they_end() {
        let table = [
            ("a:1 # note", false, "a:1", Style::Plain),
            ("a:1\r\nnext", false, "a:1", Style::Plain),
            ("a:1, b: 2}", true, "a:1", Style::Plain),
            (r#""a\"b" # note"#, false, r#""a\"b""#, Style::Double),
            ("'it''s' x", false, "'it''s'", Style::Single),
            ("&anchor !!str a:1", false, "a:1", Style::Plain),
        ];
        for (text, in_brackets, wanted, style) in table {
            let found = at(text, 0, in_brackets).unwrap();
            assert_eq!(
                (&text[found.start..found.end], found.style),
                (wanted, style),
                "{text}"
            );
        }
        assert_eq!(at("*a", 0, false), Err(EditError::Shared));
        assert_eq!(at("\"a", 0, false), Err(EditError::Unclear));
    }

    #[test]
    fn values_stay_text_in_every_style() {
        assert_eq!(written("web:2", Style::Plain), "web:2");
        assert_eq!(written("1.20", Style::Plain), "\"1.20\"");
        assert_eq!(written("on", Style::Plain), "\"on\"");
        assert_eq!(written("1.20", Style::Single), "'1.20'");
        assert_eq!(written("a\"b", Style::Double), r#""a\"b""#);
    }
}
