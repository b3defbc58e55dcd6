//! How Namespaces are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, text},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "Namespace"),
    columns: &[
        NAME,
        column("Status", "Whether it is in use or going."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        object.name().into(),
        text(object, "status.phase").into(),
        age(object, now).into(),
    ]
}
