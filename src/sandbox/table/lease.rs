//! How Leases are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, text},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("coordination.k8s.io", "Lease"),
    columns: &[NAME, column("Holder", "Who holds the lease."), AGE],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        object.name().into(),
        text(object, "spec.holderIdentity").into(),
        age(object, now).into(),
    ]
}
