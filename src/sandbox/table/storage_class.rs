//! How StorageClasses are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, flag, text, text_or},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("storage.k8s.io", "StorageClass"),
    columns: &[
        NAME,
        column("Provisioner", "Who makes the volumes."),
        column("ReclaimPolicy", "What becomes of a released volume."),
        column("VolumeBindingMode", "When a volume is bound."),
        column("AllowVolumeExpansion", "Whether claims may grow."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        object.name().into(),
        text(object, "provisioner").into(),
        text_or(object, "reclaimPolicy", "Delete").into(),
        text_or(object, "volumeBindingMode", "Immediate").into(),
        flag(object, "allowVolumeExpansion").into(),
        age(object, now).into(),
    ]
}
