//! One requirement of a label selector (`labels.Requirement`).

use std::{collections::BTreeMap, fmt};

use super::SelectorError;
use crate::object::name;

/// How a requirement relates a label to its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `in`
    In,
    /// `notin`: also holds where the label is absent.
    NotIn,
    /// `=`
    Equals,
    /// `==`
    DoubleEquals,
    /// `!=`: also holds where the label is absent.
    NotEquals,
    /// The label is there.
    Exists,
    /// `!`: the label is absent.
    DoesNotExist,
    /// `>`: both are whole numbers.
    GreaterThan,
    /// `<`: both are whole numbers.
    LessThan,
}

/// One requirement; valid by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

impl Requirement {
    /// A requirement on one label.
    ///
    /// # Errors
    /// All that is wrong with key, number of values and values, in the words of `labels.NewRequirement`.
    pub fn new(key: &str, operator: Operator, values: Vec<String>) -> Result<Self, SelectorError> {
        let mut errors = Vec::new();
        let wrong = name::label_key_errors(key);
        if !wrong.is_empty() {
            errors.push(invalid("key", &quoted(key), &wrong.join("; ")));
        }
        let detail = match operator {
            Operator::In | Operator::NotIn if values.is_empty() => {
                Some("for 'in', 'notin' operators, values set can't be empty")
            }
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals
                if values.len() != 1 =>
            {
                Some("exact-match compatibility requires one single value")
            }
            Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
                Some("values set must be empty for exists and does not exist")
            }
            Operator::GreaterThan | Operator::LessThan if values.len() != 1 => {
                Some("for 'Gt', 'Lt' operators, exactly one value is required")
            }
            _ => None,
        };
        if let Some(detail) = detail {
            errors.push(invalid("values", &listed(&values), detail));
        }
        for (index, value) in values.iter().enumerate() {
            if matches!(operator, Operator::GreaterThan | Operator::LessThan)
                && value.parse::<i64>().is_err()
            {
                errors.push(invalid(
                    &format!("values[{index}]"),
                    &quoted(value),
                    "for 'Gt', 'Lt' operators, the value must be an integer",
                ));
            }
        }
        for (index, value) in values.iter().enumerate() {
            let wrong = name::label_value_errors(value);
            if !wrong.is_empty() {
                errors.push(invalid(
                    &format!("values[{index}][{key}]"),
                    &quoted(value),
                    &wrong.join("; "),
                ));
            }
        }
        match errors.as_slice() {
            [] => Ok(Self {
                key: key.to_owned(),
                operator,
                values,
            }),
            [one] => Err(SelectorError(one.clone())),
            _ => Err(SelectorError(format!("[{}]", errors.join(", ")))),
        }
    }

    /// The key of the label.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How the label relates to the values.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The values, as given.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether these labels satisfy the requirement.
    pub fn matches(&self, labels: &BTreeMap<&str, &str>) -> bool {
        let label = labels.get(self.key.as_str()).copied();
        let is_listed = |text: &str| self.values.iter().any(|value| value == text);
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => {
                label.is_some_and(is_listed)
            }
            Operator::NotIn | Operator::NotEquals => !label.is_some_and(is_listed),
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::GreaterThan => self.compares(label, |seen, limit| seen > limit),
            Operator::LessThan => self.compares(label, |seen, limit| seen < limit),
        }
    }

    fn compares(&self, label: Option<&str>, holds: impl Fn(i64, i64) -> bool) -> bool {
        let limit = self.values.first().and_then(|value| value.parse().ok());
        let seen = label.and_then(|value| value.parse().ok());
        seen.zip(limit)
            .is_some_and(|(seen, limit)| holds(seen, limit))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values = self.values.clone();
        values.sort_unstable();
        let values = values.join(",");
        let key = &self.key;
        match self.operator {
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

/// An invalid value as `field.Invalid` words it.
pub(super) fn invalid(path: &str, shown: &str, detail: &str) -> String {
    format!("{path}: Invalid value: {shown}: {detail}")
}

/// A string in the quotes of Go's `%q`.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\'' => out.push('\''),
            _ if letter < ' ' || letter == '\u{7f}' => {
                out.push_str(&format!("\\x{:02x}", u32::from(letter)));
            }
            _ if letter.escape_debug().count() == 1 => out.push(letter),
            _ if u32::from(letter) > 0xffff => {
                out.push_str(&format!("\\U{:08x}", u32::from(letter)));
            }
            _ => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
        }
    }
    out.push('"');
    out
}

fn listed(values: &[String]) -> String {
    if values.is_empty() {
        // An empty list of Go is null in JSON.
        "null".to_owned()
    } else {
        serde_json::Value::from(values).to_string()
    }
}
