//! How Endpoints are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, first, host_port, int, list, or_none, text},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "Endpoints"),
    columns: &[NAME, column("Endpoints", "Addresses with ports."), AGE],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in list(object, "subsets") {
        let addresses = || list(subset, "addresses").iter().map(|a| text(a, "ip"));
        let ports = list(subset, "ports");
        if ports.is_empty() {
            all.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            let port = int(port, "port");
            all.extend(addresses().map(|address| host_port(address, port)));
        }
    }
    let shown = if list(object, "subsets").is_empty() {
        or_none(String::new())
    } else {
        first(&all, 3)
    };
    vec![object.name().into(), shown.into(), age(object, now).into()]
}
