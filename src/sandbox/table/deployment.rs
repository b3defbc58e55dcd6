//! How Deployments are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, containers, int, list, replicas, selector_text},
    column::{AGE, CONTAINERS, IMAGES, NAME, Printer, SELECTOR, text},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("apps", "Deployment"),
    columns: &[
        NAME,
        text("Ready", "Pods ready of pods wanted."),
        text("Up-to-date", "Pods of the newest template."),
        text("Available", "Pods ready for long enough."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
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
        int(object, "status.updatedReplicas").into(),
        int(object, "status.availableReplicas").into(),
        age(object, now).into(),
        names.into(),
        images.into(),
        selector_text(at(object, "spec.selector")).into(),
    ]
}
