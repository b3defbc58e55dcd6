//! How EndpointSlices are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, first, list, text, text_or},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("discovery.k8s.io", "EndpointSlice"),
    columns: &[
        NAME,
        column("AddressType", "Which family its addresses are of."),
        column("Ports", "Ports of each endpoint."),
        column("Endpoints", "Addresses."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let ports: Vec<String> = list(object, "ports")
        .iter()
        .map(|port| match at(port, "port").and_then(Value::as_i64) {
            Some(number) => number.to_string(),
            None => text_or(port, "name", "*").to_owned(),
        })
        .collect();
    let addresses: Vec<String> = list(object, "endpoints")
        .iter()
        .flat_map(|endpoint| list(endpoint, "addresses"))
        .filter_map(|address| Some(address.as_str()?.to_owned()))
        .collect();
    vec![
        object.name().into(),
        text(object, "addressType").into(),
        or_unset(&ports).into(),
        or_unset(&addresses).into(),
        age(object, now).into(),
    ]
}

fn or_unset(list: &[String]) -> String {
    match first(list, 3) {
        text if text.is_empty() => "<unset>".to_owned(),
        text => text,
    }
}
