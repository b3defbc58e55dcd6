//! Conflicts, in the words of the API server (`managedfields/internal/conflict.go`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{
    element::PathElement,
    entry::{ManagerId, Operation},
};

/// One field that another manager has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The other manager.
    pub manager: ManagerId,
    /// The field.
    pub path: Vec<PathElement>,
}

impl Conflict {
    /// The field as causes name it, such as `.spec.replicas`.
    pub fn field(&self) -> String {
        self.path.iter().map(ToString::to_string).collect()
    }

    /// The message of the cause, such as `conflict with "kubectl" using apps/v1`.
    pub fn message(&self) -> String {
        format!("conflict with {}", shown(&self.manager))
    }
}

/// The message of the whole.
pub fn conflict_message(conflicts: &[Conflict]) -> String {
    if let [one] = conflicts {
        return format!(
            "Apply failed with 1 conflict: {}: {}",
            one.message(),
            one.field()
        );
    }
    let mut by_manager: BTreeMap<String, (&ManagerId, Vec<String>)> = BTreeMap::new();
    for conflict in conflicts {
        by_manager
            .entry(identifier(&conflict.manager))
            .or_insert_with(|| (&conflict.manager, Vec::new()))
            .1
            .push(conflict.field());
    }
    let mut lines = Vec::new();
    for (manager, fields) in by_manager.into_values() {
        lines.push(format!("conflicts with {}:", shown(manager)));
        lines.extend(fields.iter().map(|field| format!("- {field}")));
    }
    format!(
        "Apply failed with {} conflicts: {}",
        conflicts.len(),
        lines.join("\n")
    )
}

/// The text by which the original sorts managers: JSON without what is empty.
fn identifier(manager: &ManagerId) -> String {
    let mut text = format!("{{\"manager\":{:?}", manager.name);
    let operation = match manager.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    for (name, value) in [
        ("operation", operation),
        ("apiVersion", &manager.api_version),
        ("subresource", &manager.subresource),
    ] {
        if !value.is_empty() {
            let _ = write!(text, ",\"{name}\":{value:?}");
        }
    }
    text.push('}');
    text
}

fn shown(manager: &ManagerId) -> String {
    let mut text = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        // Writing into text cannot fail.
        let _ = write!(text, " with subresource {:?}", manager.subresource);
    }
    if manager.operation == Operation::Update {
        let _ = write!(text, " using {}", manager.api_version);
    }
    text
}
