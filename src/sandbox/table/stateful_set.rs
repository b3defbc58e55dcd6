//! How StatefulSets are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, containers, int, list, replicas},
    column::{AGE, CONTAINERS, IMAGES, NAME, Printer, text},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("apps", "StatefulSet"),
    columns: &[
        NAME,
        text("Ready", "Pods ready of pods wanted."),
        AGE,
        CONTAINERS,
        IMAGES,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(list(object, "spec.template.spec.containers"));
    let ready = int(object, "status.readyReplicas");
    vec![
        object.name().into(),
        format!("{ready}/{}", replicas(object)).into(),
        age(object, now).into(),
        names.into(),
        images.into(),
    ]
}
