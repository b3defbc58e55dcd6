//! Counts of replicas.

use serde_json::Value;

use super::super::{
    error::BuildError,
    field_path::{self, Create},
    id::gvk_text,
    resource_set::ResourceSet,
};
use crate::{
    api::kustomization::{FieldSpec, Replica},
    object::Gvk,
};

/// Sets the count of every workload that is or was called so.
pub(super) fn run(
    set: &mut ResourceSet,
    replica: &Replica,
    specs: &[FieldSpec],
) -> Result<(), BuildError> {
    let mut was_found = false;
    for spec in specs {
        for resource in set.list_mut() {
            let is_meant = resource.has_had_name(&replica.name)
                && resource.all_ids().iter().any(|id| {
                    id.name == replica.name
                        && id.is_selected(&spec.group, &spec.version, &spec.kind)
                });
            if !is_meant {
                continue;
            }
            was_found = true;
            field_path::visit(resource, spec, Create::Scalar, &mut |value| {
                *value = Value::from(replica.count);
                Ok(())
            })?;
        }
    }
    if was_found {
        return Ok(());
    }
    let kinds: Vec<String> = specs
        .iter()
        .map(|spec| {
            gvk_text(&Gvk::new(
                spec.group.as_str(),
                spec.version.as_str(),
                spec.kind.as_str(),
            ))
        })
        .collect();
    Err(BuildError::new(format!(
        "resource with name {} does not match a config with the following GVK [{}]",
        replica.name,
        kinds.join(" ")
    )))
}
