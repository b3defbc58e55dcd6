//! How Secrets are shown: how many entries, never which.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, entries, text},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "Secret"),
    columns: &[
        NAME,
        column("Type", "What the secret is for."),
        column("Data", "How many entries it has."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        object.name().into(),
        text(object, "type").into(),
        entries(object, "data").into(),
        age(object, now).into(),
    ]
}
