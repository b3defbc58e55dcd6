//! How DaemonSets are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, containers, int, labels, list, selector},
    column::{AGE, CONTAINERS, IMAGES, NAME, Printer, SELECTOR, integer, text},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("apps", "DaemonSet"),
    columns: &[
        NAME,
        integer("Desired", "Nodes that should run the pod."),
        integer("Current", "Nodes that run the pod and should."),
        integer("Ready", "Nodes whose pod is ready."),
        integer("Up-to-date", "Nodes whose pod has the newest template."),
        integer("Available", "Nodes whose pod is ready for long enough."),
        text("Node Selector", "Labels of the nodes."),
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
    let status = |name: &str| Value::from(int(object, &format!("status.{name}")));
    vec![
        object.name().into(),
        status("desiredNumberScheduled"),
        status("currentNumberScheduled"),
        status("numberReady"),
        status("updatedNumberScheduled"),
        status("numberAvailable"),
        labels(at(object, "spec.template.spec.nodeSelector")).into(),
        age(object, now).into(),
        names.into(),
        images.into(),
        selector(at(object, "spec.selector")).into(),
    ]
}
