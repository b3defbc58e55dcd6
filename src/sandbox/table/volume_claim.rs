//! How PersistentVolumeClaims are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{access_modes, age, list, scalar, text, text_or},
    column::{AGE, NAME, Printer, text as column},
    volume::phase,
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "PersistentVolumeClaim"),
    columns: &[
        NAME,
        column("Status", "Whether it is bound."),
        column("Volume", "The volume that it is bound to."),
        column("Capacity", "How much the volume holds."),
        column("Access Modes", "How it may be mounted."),
        column("StorageClass", "Its storage class."),
        column("VolumeAttributesClass", "Its class of attributes."),
        AGE,
        column(
            "VolumeMode",
            "Whether it is a file system or a block device.",
        )
        .wide(),
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let volume = text(object, "spec.volumeName");
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        let capacity = scalar(object, "status.capacity.storage");
        (
            capacity.unwrap_or_else(|| "0".to_owned()),
            access_modes(list(object, "status.accessModes")),
        )
    };
    let class = object
        .annotation("volume.beta.kubernetes.io/storage-class")
        .unwrap_or_else(|| text(object, "spec.storageClassName"));
    vec![
        object.name().into(),
        phase(object).into(),
        volume.into(),
        capacity.into(),
        modes.into(),
        class.into(),
        text_or(object, "spec.volumeAttributesClassName", "<unset>").into(),
        age(object, now).into(),
        text_or(object, "spec.volumeMode", "<unset>").into(),
    ]
}
