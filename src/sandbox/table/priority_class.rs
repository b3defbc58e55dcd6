//! How PriorityClasses are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, flag, int, text},
    column::{AGE, NAME, Printer, boolean, integer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("scheduling.k8s.io", "PriorityClass"),
    columns: &[
        NAME,
        integer("Value", "The priority of its pods."),
        boolean("Global-Default", "Whether pods without a class get it."),
        AGE,
        column("PreemptionPolicy", "Whether its pods evict others."),
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        object.name().into(),
        int(object, "value").into(),
        flag(object, "globalDefault").into(),
        age(object, now).into(),
        text(object, "preemptionPolicy").into(),
    ]
}
