//! How PodDisruptionBudgets are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, int, scalar},
    column::{AGE, NAME, Printer, integer, text},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("policy", "PodDisruptionBudget"),
    columns: &[
        NAME,
        text("Min Available", "How many pods must stay available."),
        text("Max Unavailable", "How many pods may be unavailable."),
        integer("Allowed Disruptions", "How many pods may be evicted now."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let limit = |path| scalar(object, path).unwrap_or_else(|| "N/A".to_owned());
    vec![
        object.name().into(),
        limit("spec.minAvailable").into(),
        limit("spec.maxUnavailable").into(),
        int(object, "status.disruptionsAllowed").into(),
        age(object, now).into(),
    ]
}
