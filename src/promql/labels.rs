//! The labels of a series, its name among them.

use std::{collections::BTreeMap, fmt, sync::Arc};

/// The label that holds the name of a metric.
pub const METRIC_NAME: &str = "__name__";

/// Labels by name, in order; an empty value is no label. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(Arc<BTreeMap<String, String>>);

impl Labels {
    /// Labels of a metric by its name.
    pub fn named(name: &str, labels: &[(&str, &str)]) -> Self {
        std::iter::once((METRIC_NAME, name))
            .chain(labels.iter().copied())
            .collect()
    }

    /// The value of a label, empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// All labels, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same without the name of the metric.
    #[must_use]
    pub fn without_name(&self) -> Self {
        if self.0.contains_key(METRIC_NAME) {
            self.without(&[])
        } else {
            self.clone()
        }
    }

    /// The same without some labels and the name of the metric.
    #[must_use]
    pub fn without(&self, names: &[String]) -> Self {
        self.iter()
            .filter(|(name, _)| *name != METRIC_NAME && !names.iter().any(|n| n == name))
            .collect()
    }

    /// Only some labels.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        self.iter()
            .filter(|(name, _)| names.iter().any(|n| n == name))
            .collect()
    }

    /// The same with one label set, or taken away by an empty value.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut labels = (*self.0).clone();
        if value.is_empty() {
            labels.remove(name);
        } else {
            labels.insert(name.to_owned(), value.to_owned());
        }
        Self(Arc::new(labels))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Labels {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(labels: T) -> Self {
        Self(Arc::new(
            labels
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        ))
    }
}

/// As errors of Prometheus show labels: `{a="1", b="2"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}
