//! How ReplicaSets and ReplicationControllers are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, containers, int, labels, list, replicas, selector},
    column::{AGE, CONTAINERS, Column, IMAGES, NAME, Printer, SELECTOR, integer},
};
use crate::object::Object;

const COLUMNS: &[Column] = &[
    NAME,
    integer("Desired", "Pods wanted."),
    integer("Current", "Pods that are there."),
    integer("Ready", "Pods that are ready."),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

pub(super) const PRINTER: Printer = Printer {
    kind: ("apps", "ReplicaSet"),
    columns: COLUMNS,
    cells: |object, now| cells(object, now, selector(at(object, "spec.selector"))),
    conditions: None,
};

pub(super) const CONTROLLER_PRINTER: Printer = Printer {
    kind: ("", "ReplicationController"),
    columns: COLUMNS,
    cells: |object, now| cells(object, now, labels(at(object, "spec.selector"))),
    conditions: None,
};

fn cells(object: &Object, now: Timestamp, selector: String) -> Vec<Value> {
    let [names, images] = containers(list(object, "spec.template.spec.containers"));
    vec![
        object.name().into(),
        replicas(object).into(),
        int(object, "status.replicas").into(),
        int(object, "status.readyReplicas").into(),
        age(object, now).into(),
        names.into(),
        images.into(),
        selector.into(),
    ]
}
