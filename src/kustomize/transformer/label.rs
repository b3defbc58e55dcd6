//! Labels and annotations.

use std::collections::BTreeMap;

use super::super::{
    error::BuildError,
    field_path::{self, Create},
    resource_set::ResourceSet,
};
use crate::api::kustomization::FieldSpec;

/// Sets each key in each field that the specs name.
pub(super) fn run(
    set: &mut ResourceSet,
    texts: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<(), BuildError> {
    if texts.is_empty() {
        return Ok(());
    }
    for resource in set.list_mut() {
        for (key, text) in texts {
            for spec in specs {
                field_path::visit(resource, spec, Create::Map, &mut |value| {
                    field_path::set_entry(value, key, text)
                })?;
            }
        }
    }
    Ok(())
}
