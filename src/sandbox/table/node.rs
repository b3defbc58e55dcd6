//! How Nodes are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, flag, list, or_none, text, text_or},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "Node"),
    columns: &[
        NAME,
        column("Status", "Whether it is ready for pods."),
        column("Roles", "What it is for."),
        AGE,
        column("Version", "Version of its kubelet."),
        column("Internal-IP", "Address within the cluster.").wide(),
        column("External-IP", "Address from outside.").wide(),
        column("OS-Image", "Its operating system.").wide(),
        column("Kernel-Version", "Its kernel.").wide(),
        column("Container-Runtime", "What runs its containers.").wide(),
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let info = |name: &str| text_or(object, name, "<unknown>").to_owned();
    let mut kernel = info("status.nodeInfo.kernelVersion");
    match text(object, "status.nodeInfo.architecture") {
        "" => {}
        architecture => kernel = format!("{kernel} ({architecture})"),
    }
    vec![
        object.name().into(),
        status(object).into(),
        roles(object).into(),
        age(object, now).into(),
        text(object, "status.nodeInfo.kubeletVersion").into(),
        address(object, "InternalIP").into(),
        address(object, "ExternalIP").into(),
        info("status.nodeInfo.osImage").into(),
        kernel.into(),
        info("status.nodeInfo.containerRuntimeVersion").into(),
    ]
}

fn status(object: &Object) -> String {
    // Of several conditions of one type, the last one counts.
    let ready = list(object, "status.conditions")
        .iter()
        .rfind(|condition| text(*condition, "type") == "Ready")
        .map(|condition| text(condition, "status") == "True");
    let ready = match ready {
        Some(true) => "Ready",
        Some(false) => "NotReady",
        None => "Unknown",
    };
    if flag(object, "spec.unschedulable") {
        format!("{ready},SchedulingDisabled")
    } else {
        ready.to_owned()
    }
}

fn roles(object: &Object) -> String {
    let roles: std::collections::BTreeSet<&str> = object
        .labels()
        .into_iter()
        .map(|(label, value)| match label {
            "kubernetes.io/role" => value,
            _ => label
                .strip_prefix("node-role.kubernetes.io/")
                .unwrap_or_default(),
        })
        .filter(|role| !role.is_empty())
        .collect();
    or_none(roles.into_iter().collect::<Vec<_>>().join(","))
}

fn address<'a>(object: &'a Object, kind: &str) -> &'a str {
    list(object, "status.addresses")
        .iter()
        .find(|address| text(*address, "type") == kind)
        .map_or("<none>", |address| text(address, "address"))
}
