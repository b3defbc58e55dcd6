//! Field selectors (`fields.ParseSelector`).

use super::SelectorError;

/// A field selector, such as `metadata.name=a,status.phase!=Running`; all its terms must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<FieldTerm>);

/// One term of a field selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTerm {
    /// The field in dotted form.
    pub field: String,
    /// Whether the field is to be equal to the value, or to differ from it.
    pub is_equal: bool,
    /// The value; an absent field counts as an empty one.
    pub value: String,
}

impl FieldSelector {
    /// Reads the text form; empty text takes all. `\`, `,` and `=` in values are escaped by `\`.
    ///
    /// # Errors
    /// [`SelectorError`] as `fields.ParseSelector` words it.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut parts = split_terms(text);
        parts.sort_unstable();
        let mut terms = Vec::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let (field, is_equal, value) = split_term(part).ok_or_else(|| {
                SelectorError(format!(
                    "invalid selector: '{text}'; can't understand '{part}'"
                ))
            })?;
            let value = unescape(value)?;
            if !(field.is_empty() && value.is_empty()) {
                terms.push(FieldTerm {
                    field: field.to_owned(),
                    is_equal,
                    value,
                });
            }
        }
        Ok(Self(terms))
    }

    /// The terms, sorted by their text; a server refuses fields that it does not know.
    pub fn terms(&self) -> &[FieldTerm] {
        &self.0
    }

    /// Whether an object with these fields is taken; the function gives the text of a field.
    pub fn matches<'a>(&self, field: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0
            .iter()
            .all(|term| (field(&term.field).unwrap_or_default() == term.value) == term.is_equal)
    }

    /// The one value that a field must have, if there is such a term.
    pub fn exact(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|term| term.is_equal && term.field == field)
            .map(|term| term.value.as_str())
    }
}

/// Splits at commas that no backslash escapes.
fn split_terms(text: &str) -> Vec<&str> {
    let mut is_escaped = false;
    text.split(|letter| {
        let is_split = letter == ',' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_split
    })
    .collect()
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    for (place, _) in term.char_indices() {
        let (field, rest) = term.split_at(place);
        for (operator, is_equal) in [("!=", false), ("==", true), ("=", true)] {
            if let Some(value) = rest.strip_prefix(operator) {
                return Some((field, is_equal, value));
            }
        }
    }
    None
}

fn unescape(text: &str) -> Result<String, SelectorError> {
    let wrong = |what: &str, shown: &str| {
        Err(SelectorError(format!(
            "invalid field selector: {what}: {shown}"
        )))
    };
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => out.push(escaped),
                Some(other) => return wrong("invalid escape sequence", &format!("\\{other}")),
                None => return wrong("invalid escape sequence", "\\"),
            },
            // Upstream shows the number of the letter.
            ',' | '=' => {
                return wrong(
                    "unescaped character in value",
                    &u32::from(letter).to_string(),
                );
            }
            _ => out.push(letter),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_matches() {
        let phase = |name: &str| match name {
            "metadata.name" => Some("a"),
            "status.phase" => Some("Running"),
            "note" => Some(r"x,y=z\"),
            _ => None,
        };
        for (text, matches) in [
            ("", true),
            (",,", true),
            ("metadata.name=a", true),
            ("metadata.name==a,status.phase=Running", true),
            ("metadata.name!=a", false),
            ("status.phase!=Pending", true),
            ("absent=", true),
            ("absent!=", false),
            ("absent=x", false),
            (r"note=x\,y\=z\\", true),
            ("=", true),
        ] {
            let selector = FieldSelector::parse(text).unwrap();
            assert_eq!(selector.matches(phase), matches, "{text}");
        }
        let selector = FieldSelector::parse("b!=1,a=2").unwrap();
        assert_eq!(selector.exact("a"), Some("2"));
        assert_eq!(selector.exact("b"), None);
        assert_eq!(selector.terms().len(), 2);
    }

    #[test]
    fn refuses_as_upstream_does() {
        for (text, error) in [
            ("a", "invalid selector: 'a'; can't understand 'a'"),
            ("x=1,b", "invalid selector: 'x=1,b'; can't understand 'b'"),
            (
                "a=b=c",
                "invalid field selector: unescaped character in value: 61",
            ),
            (
                r"a=b\c",
                r"invalid field selector: invalid escape sequence: \c",
            ),
            (
                r"a=b\",
                r"invalid field selector: invalid escape sequence: \",
            ),
        ] {
            assert_eq!(
                FieldSelector::parse(text).unwrap_err().to_string(),
                error,
                "{text}"
            );
        }
    }
}
