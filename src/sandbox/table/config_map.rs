//! How ConfigMaps are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, entries},
    column::{AGE, NAME, Printer, text},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "ConfigMap"),
    columns: &[NAME, text("Data", "How many entries it has."), AGE],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let data = entries(object, "data") + entries(object, "binaryData");
    vec![object.name().into(), data.into(), age(object, now).into()]
}
