//! Which elements of two vectors belong together.

use promql_parser::parser::{BinModifier, LabelModifier};

use super::Labels;

/// The labels by which elements of two vectors are matched.
pub(super) struct Matching {
    is_on: bool,
    names: Vec<String>,
}

impl Matching {
    pub(super) fn of(modifier: Option<&BinModifier>) -> Self {
        match modifier.and_then(|modifier| modifier.matching.as_ref()) {
            None => Self {
                is_on: false,
                names: Vec::new(),
            },
            Some(LabelModifier::Include(labels)) => Self {
                is_on: true,
                names: labels.labels.clone(),
            },
            Some(LabelModifier::Exclude(labels)) => Self {
                is_on: false,
                names: labels.labels.clone(),
            },
        }
    }

    /// The labels that have to be equal on both sides.
    pub(super) fn key(&self, labels: &Labels) -> Labels {
        if self.is_on {
            labels.only(&self.names)
        } else {
            labels.without(&self.names)
        }
    }

    /// The labels of the result of one element of each side.
    pub(super) fn one_to_one(&self, labels: &Labels) -> Labels {
        if self.is_on {
            labels.only(&self.names)
        } else {
            let mut kept = labels.clone();
            for name in &self.names {
                kept = kept.with(name, "");
            }
            kept
        }
    }
}
