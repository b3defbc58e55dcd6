//! Prefixes and suffixes of names.

use super::super::{
    error::BuildError,
    field_path::{self, Create},
    resource::Resource,
    resource_set::ResourceSet,
    scalar,
};
use crate::api::kustomization::FieldSpec;

/// Kinds whose names stay: group and kind.
const KEPT: &[(&str, &str)] = &[
    ("", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("", "Namespace"),
];
const NAME: &str = "metadata/name";

/// Puts a text in front of all names.
pub(super) fn prefix(
    set: &mut ResourceSet,
    prefix: &str,
    specs: &[FieldSpec],
) -> Result<(), BuildError> {
    change(
        set,
        specs,
        |resource| resource.prefixes.push(prefix.to_owned()),
        |name| format!("{prefix}{name}"),
    )
}

/// Puts a text behind all names.
pub(super) fn suffix(
    set: &mut ResourceSet,
    suffix: &str,
    specs: &[FieldSpec],
) -> Result<(), BuildError> {
    change(
        set,
        specs,
        |resource| resource.suffixes.push(suffix.to_owned()),
        |name| format!("{name}{suffix}"),
    )
}

fn change(
    set: &mut ResourceSet,
    specs: &[FieldSpec],
    record: impl Fn(&mut Resource),
    renamed: impl Fn(&str) -> String,
) -> Result<(), BuildError> {
    for resource in set.list_mut() {
        let id = resource.original_id();
        if KEPT
            .iter()
            .any(|(group, kind)| id.is_selected(group, "", kind))
        {
            continue;
        }
        for spec in specs {
            if !id.is_selected(&spec.group, &spec.version, &spec.kind) {
                continue;
            }
            if spec.path == NAME {
                record(resource);
                resource.remember_id();
            }
            field_path::visit(resource, spec, Create::Scalar, &mut |value| {
                let text = renamed(&scalar::text(value));
                field_path::set_scalar(value, &text)
            })?;
        }
    }
    Ok(())
}
