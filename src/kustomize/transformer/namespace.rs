//! The namespace.

use serde_json::Value;

use super::super::{
    error::BuildError,
    field_path::{self, Create},
    resource::Resource,
    resource_set::ResourceSet,
};
use crate::api::kustomization::FieldSpec;

/// Which subjects of role bindings move along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Subjects {
    /// Those with the name `default`.
    #[default]
    Default,
    /// All service accounts.
    ServiceAccounts,
    /// None.
    None,
}

/// Sets the namespace of all resources that are not known to be cluster-scoped.
pub(super) fn run(
    set: &mut ResourceSet,
    namespace: &str,
    specs: &[FieldSpec],
    unset_only: bool,
    subjects: Subjects,
) -> Result<(), BuildError> {
    if namespace.is_empty() {
        return Ok(());
    }
    for resource in set.list_mut() {
        resource.remember_id();
        change(resource, namespace, specs, unset_only, subjects)?;
    }
    set.check_unique().map_err(|error| {
        BuildError::new(format!(
            "namespace transformation produces ID conflict: {error}"
        ))
    })
}

fn change(
    resource: &mut Resource,
    namespace: &str,
    specs: &[FieldSpec],
    unset_only: bool,
    subjects: Subjects,
) -> Result<(), BuildError> {
    let mut set = |value: &mut Value| {
        let is_empty = value.is_null() || value.as_str() == Some("");
        if unset_only && !is_empty {
            Ok(())
        } else {
            field_path::set_scalar(value, namespace)
        }
    };
    let id = resource.id();
    let own = FieldSpec {
        path: "metadata/namespace".to_owned(),
        create: true,
        ..FieldSpec::default()
    };
    if !id.is_cluster_scoped {
        field_path::visit(resource, &own, Create::Scalar, &mut set)?;
    }
    let is_binding = matches!(id.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
    if is_binding {
        let list = resource.value.get_mut("subjects");
        for subject in list.and_then(Value::as_array_mut).into_iter().flatten() {
            let text = |field: &str| subject.get(field).and_then(Value::as_str);
            let moves = match subjects {
                Subjects::Default => text("name") == Some("default"),
                Subjects::ServiceAccounts => text("kind") == Some("ServiceAccount"),
                Subjects::None => false,
            };
            if moves && let Some(fields) = subject.as_object_mut() {
                set(fields.entry("namespace").or_insert(Value::Null))?;
            }
        }
    }
    for spec in specs {
        let is_special = spec.path == own.path
            || (spec.path == "metadata/name" && resource.api_version() != "v1")
            || (is_binding
                && spec.path == "subjects/namespace"
                && matches!(spec.kind.as_str(), "RoleBinding" | "ClusterRoleBinding"));
        if !is_special {
            field_path::visit(resource, spec, Create::Scalar, &mut set)
                .map_err(|error| error.under("namespace transformation failed"))?;
        }
    }
    Ok(())
}
