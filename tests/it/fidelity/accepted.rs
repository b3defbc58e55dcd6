//! The differences that are meant (`accepted.yaml`), each with its reason.
//!
//! `*` as a case is any, as a part of a place any part.

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
    step: Option<u64>,
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
        let rows = document.as_array().unwrap();
        let text = |row: &serde_json::Value, key: &str| {
            row[key]
                .as_str()
                .unwrap_or_else(|| panic!("{row} has no {key}"))
                .to_owned()
        };
        Self(
            rows.iter()
                .map(|row| {
                    assert!(text(row, "reason").len() > 10, "{row} has no reason");
                    Row {
                        case: text(row, "case"),
                        step: row["step"].as_u64(),
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
            let is_case = row.case == "*" || row.case == case;
            let is_step = row.step.is_none_or(|number| number == step as u64);
            if is_case && is_step && is_within(&difference.at, &row.at) {
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
                    "{} request {:?}: {} does not differ: take the row out of its list",
                    row.case, row.step, row.at
                )
            })
            .collect()
    }
}

/// Whether a place is the one of a row, or below it.
fn is_within(at: &str, row: &str) -> bool {
    let mut parts = at.split('.');
    row.split('.').all(|wanted| {
        parts
            .next()
            .is_some_and(|part| wanted == "*" || wanted == part)
    })
}
