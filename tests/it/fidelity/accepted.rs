//! The differences that are meant, each with its reason.

use std::cell::Cell;

use super::{
    case::{document, folder},
    difference::Difference,
};

/// One row of `accepted.yaml`.
#[derive(Debug)]
pub struct Row {
    case: String,
    /// The request it is about, counted from 1.
    step: u64,
    /// The place, and all below it.
    at: String,
    is_used: Cell<bool>,
}

/// The list.
#[derive(Debug)]
pub struct Accepted(Vec<Row>);

impl Accepted {
    pub fn read() -> Self {
        let document = document(&folder().join("accepted.yaml"));
        let rows = document.as_array().into_iter().flatten();
        let text = |row: &serde_json::Value, key: &str| {
            row[key]
                .as_str()
                .unwrap_or_else(|| panic!("{row} has no {key}"))
                .to_owned()
        };
        Self(
            rows.map(|row| {
                assert!(text(row, "reason").len() > 10, "{row} has no reason");
                Row {
                    case: text(row, "case"),
                    step: row["step"].as_u64().unwrap(),
                    at: text(row, "at"),
                    is_used: Cell::new(false),
                }
            })
            .collect(),
        )
    }

    /// Whether a difference is in the list.
    pub fn has(&self, case: &str, step: usize, difference: &Difference) -> bool {
        let mut is_accepted = false;
        for row in &self.0 {
            let is_there = difference.at == row.at
                || difference
                    .at
                    .strip_prefix(&row.at)
                    .is_some_and(|rest| rest.starts_with('.'));
            if row.case == case && row.step == step as u64 && is_there {
                row.is_used.set(true);
                is_accepted = true;
            }
        }
        is_accepted
    }

    /// Rows that no difference needed.
    pub fn idle(&self) -> Vec<String> {
        self.0
            .iter()
            .filter(|row| !row.is_used.get())
            .map(|row| {
                format!(
                    "{} request {}: {} does not differ: take the row out of accepted.yaml",
                    row.case, row.step, row.at
                )
            })
            .collect()
    }
}
