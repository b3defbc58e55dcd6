//! How IngressClasses are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, text},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("networking.k8s.io", "IngressClass"),
    columns: &[
        NAME,
        column("Controller", "Who handles the class."),
        column("Parameters", "Where its parameters stand."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let default = object.annotation("ingressclass.kubernetes.io/is-default-class") == Some("true");
    let mut name = object.name().to_owned();
    if default {
        name.push_str(" (default)");
    }
    let parameters = match at(object, "spec.parameters") {
        None => "<none>".to_owned(),
        Some(parameters) => {
            let mut kind = text(parameters, "kind").to_owned();
            if at(parameters, "apiGroup").is_some() {
                kind = format!("{kind}.{}", text(parameters, "apiGroup"));
            }
            format!("{kind}/{}", text(parameters, "name"))
        }
    };
    vec![
        name.into(),
        text(object, "spec.controller").into(),
        parameters.into(),
        age(object, now).into(),
    ]
}
