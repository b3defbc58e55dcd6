//! How NetworkPolicies are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, selector},
    column::{AGE, NAME, Printer, text},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("networking.k8s.io", "NetworkPolicy"),
    columns: &[
        NAME,
        text("Pod-Selector", "Labels of the pods that it governs."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        object.name().into(),
        selector(at(object, "spec.podSelector")).into(),
        age(object, now).into(),
    ]
}
