//! How PersistentVolumes are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{access_modes, age, at, list, scalar, text, text_or},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "PersistentVolume"),
    columns: &[
        NAME,
        column("Capacity", "How much it holds."),
        column("Access Modes", "How it may be mounted."),
        column("Reclaim Policy", "What becomes of it when released."),
        column("Status", "Whether it is free, bound or released."),
        column("Claim", "The claim that it is bound to."),
        column("StorageClass", "Its storage class."),
        column("VolumeAttributesClass", "Its class of attributes."),
        column("Reason", "Why it failed."),
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
    let claim = at(object, "spec.claimRef").map_or_else(String::new, |claim| {
        format!("{}/{}", text(claim, "namespace"), text(claim, "name"))
    });
    let class = object
        .annotation("volume.beta.kubernetes.io/storage-class")
        .unwrap_or_else(|| text(object, "spec.storageClassName"));
    vec![
        object.name().into(),
        scalar(object, "spec.capacity.storage")
            .unwrap_or_else(|| "0".to_owned())
            .into(),
        access_modes(list(object, "spec.accessModes")).into(),
        text(object, "spec.persistentVolumeReclaimPolicy").into(),
        phase(object).into(),
        claim.into(),
        class.into(),
        text_or(object, "spec.volumeAttributesClassName", "<unset>").into(),
        text(object, "status.reason").into(),
        age(object, now).into(),
        text_or(object, "spec.volumeMode", "<unset>").into(),
    ]
}

/// The phase of a volume or a claim.
pub(super) fn phase(object: &Object) -> &str {
    if at(object, "metadata.deletionTimestamp").is_some() {
        "Terminating"
    } else {
        text(object, "status.phase")
    }
}
