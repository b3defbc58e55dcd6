//! Label and field selectors.

use std::collections::BTreeMap;

use serde_json::Value;

/// Why a selector cannot be read; texts are those of apimachinery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// As `labels.Parse` says it.
    #[error("{0}")]
    Parse(String),
}

/// A label selector: all its requirements must hold; without any it takes all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector(());

impl LabelSelector {
    /// Reads the text form, such as `a=b,c!=d,e in (x,y),!f`.
    ///
    /// # Errors
    /// [`SelectorError`] as `labels.Parse` words it.
    pub fn parse(_text: &str) -> Result<Self, SelectorError> {
        todo!()
    }

    /// Reads a `LabelSelector` of the API (`matchLabels`, `matchExpressions`); null takes nothing, `{}` all.
    ///
    /// # Errors
    /// [`SelectorError`] as apimachinery words it.
    pub fn from_value(_value: &Value) -> Result<Self, SelectorError> {
        todo!()
    }

    /// Whether these labels are taken.
    pub fn matches(&self, _labels: &BTreeMap<&str, &str>) -> bool {
        todo!()
    }
}

/// A field selector, such as `metadata.name=a,status.phase!=Running`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector(());

impl FieldSelector {
    /// Reads the text form.
    ///
    /// # Errors
    /// [`SelectorError`] as `fields.ParseSelector` words it.
    pub fn parse(_text: &str) -> Result<Self, SelectorError> {
        todo!()
    }

    /// Whether an object with these fields is taken; the function gives the text of a field.
    pub fn matches<'a>(&self, _field: impl Fn(&str) -> Option<&'a str>) -> bool {
        todo!()
    }
}
