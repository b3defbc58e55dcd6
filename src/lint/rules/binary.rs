//! Binary files: only key stores are looked for in them.

use super::p108::{self, key_store};
use crate::lint::{
    finding::{Finding, Place},
    report::{Report, Surroundings},
};

/// Looks at a binary file.
pub fn binary(path: &str, bytes: &[u8], around: &Surroundings<'_>, findings: &mut Vec<Finding>) {
    if let Some(what) = key_store(path, bytes) {
        let mut report = Report::new(around, &p108::RULE, findings);
        report.add(Place::line(path, 1), format!("a {what}")).field = what.to_owned();
    }
}
