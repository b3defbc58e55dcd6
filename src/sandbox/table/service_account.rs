//! How ServiceAccounts are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::age,
    column::{AGE, NAME, Printer},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "ServiceAccount"),
    columns: &[NAME, AGE],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.name().into(), age(object, now).into()]
}
