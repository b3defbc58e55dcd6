//! Label selectors, from text and from the API's `LabelSelector`.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::{Operator, Requirement, parse, requirement::quoted};

/// Why a selector cannot be read, in the words of apimachinery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SelectorError(pub(super) String);

/// A label selector: all its requirements must hold; without any it takes all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
    takes_nothing: bool,
}

impl LabelSelector {
    /// Reads the text form, such as `a=b,c!=d,e in (x,y),!f`; empty text takes all.
    ///
    /// # Errors
    /// [`SelectorError`] as `labels.Parse` words it.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        parse::requirements(text).map(Self::from_requirements)
    }

    /// Reads a `LabelSelector` of the API (`matchLabels`, `matchExpressions`); null takes nothing, `{}` all.
    ///
    /// # Errors
    /// [`SelectorError`] as `LabelSelectorAsSelector` words it, or the field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, SelectorError> {
        let map = match value {
            Value::Null => return Ok(Self::nothing()),
            Value::Object(map) => map,
            _ => return Err(SelectorError("a label selector must be a map".to_owned())),
        };
        let mut requirements = Vec::new();
        match map.get("matchLabels") {
            None | Some(Value::Null) => {}
            Some(labels) => {
                let labels = labels.as_object().ok_or_else(|| of_type("matchLabels"))?;
                for (key, value) in labels {
                    let value = value.as_str().ok_or_else(|| of_type("matchLabels"))?;
                    requirements.push(Requirement::new(
                        key,
                        Operator::Equals,
                        vec![value.to_owned()],
                    )?);
                }
            }
        }
        match map.get("matchExpressions") {
            None | Some(Value::Null) => {}
            Some(list) => {
                let list = list.as_array().ok_or_else(|| of_type("matchExpressions"))?;
                for expression in list {
                    requirements.push(expression_of(expression)?);
                }
            }
        }
        Ok(Self::from_requirements(requirements))
    }

    /// The selector that takes exactly the objects with these labels; without labels it takes all.
    ///
    /// # Errors
    /// [`SelectorError`] when a key or a value is not valid.
    pub fn from_labels<'a>(
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SelectorError> {
        labels
            .into_iter()
            .map(|(key, value)| Requirement::new(key, Operator::Equals, vec![value.to_owned()]))
            .collect::<Result<Vec<_>, _>>()
            .map(Self::from_requirements)
    }

    /// The selector that takes nothing.
    pub fn nothing() -> Self {
        Self {
            requirements: Vec::new(),
            takes_nothing: true,
        }
    }

    /// Whether these labels are taken.
    pub fn matches(&self, labels: &BTreeMap<&str, &str>) -> bool {
        !self.takes_nothing && self.requirements.iter().all(|one| one.matches(labels))
    }

    /// Whether all labels are taken.
    pub fn is_everything(&self) -> bool {
        !self.takes_nothing && self.requirements.is_empty()
    }

    /// The requirements, sorted by key.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    fn from_requirements(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|one, other| one.key().cmp(other.key()));
        Self {
            requirements,
            takes_nothing: false,
        }
    }
}

/// The text form that [`LabelSelector::parse`] reads.
impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{requirement}")?;
        }
        Ok(())
    }
}

fn of_type(field: &str) -> SelectorError {
    SelectorError(format!("{field} is not of its type"))
}

fn expression_of(expression: &Value) -> Result<Requirement, SelectorError> {
    let text = |field: &str| match expression.get(field) {
        None | Some(Value::Null) => Ok(""),
        Some(value) => value.as_str().ok_or_else(|| of_type("matchExpressions")),
    };
    let operator = match text("operator")? {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        other => {
            return Err(SelectorError(format!(
                "{} is not a valid label selector operator",
                quoted(other)
            )));
        }
    };
    let values = match expression.get("values") {
        None | Some(Value::Null) => Vec::new(),
        Some(values) => values
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| value.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .filter(|_| values.is_array())
            .ok_or_else(|| of_type("matchExpressions"))?,
    };
    Requirement::new(text("key")?, operator, values)
}

#[cfg(test)]
mod tests;
