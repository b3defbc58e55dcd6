//! How RoleBindings and ClusterRoleBindings are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, list, text},
    column::{AGE, Column, NAME, Printer, text as column},
};
use crate::object::Object;

const COLUMNS: &[Column] = &[
    NAME,
    column("Role", "The role that is given."),
    AGE,
    column("Users", "Users who get it.").wide(),
    column("Groups", "Groups that get it.").wide(),
    column("ServiceAccounts", "Service accounts that get it.").wide(),
];

pub(super) const PRINTER: Printer = Printer {
    kind: ("rbac.authorization.k8s.io", "RoleBinding"),
    columns: COLUMNS,
    cells,
    conditions: None,
};

pub(super) const CLUSTER_PRINTER: Printer = Printer {
    kind: ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    columns: COLUMNS,
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let role = format!(
        "{}/{}",
        text(object, "roleRef.kind"),
        text(object, "roleRef.name")
    );
    let subjects = |kind: &str| {
        list(object, "subjects")
            .iter()
            .filter(|subject| text(*subject, "kind") == kind)
            .map(|subject| match kind {
                "ServiceAccount" => {
                    format!("{}/{}", text(subject, "namespace"), text(subject, "name"))
                }
                _ => text(subject, "name").to_owned(),
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    vec![
        object.name().into(),
        role.into(),
        age(object, now).into(),
        subjects("User").into(),
        subjects("Group").into(),
        subjects("ServiceAccount").into(),
    ]
}
