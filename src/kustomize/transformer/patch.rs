//! Strategic merge patches, and entries of `patches` of either kind.

use std::rc::Rc;

use serde_json::Value;

use super::{
    super::{
        cache::PatchFile,
        error::BuildError,
        load::{Context, Loader},
        merge, parse,
        resource::Resource,
        resource_set::ResourceSet,
        selection::Selection,
    },
    step::Step,
};
use crate::api::kustomization::{Patch, PatchOptions};

/// Strategic merge patches, in order.
#[derive(Debug)]
pub(in super::super) struct StrategicPatches {
    patches: Vec<Resource>,
    target: Option<Selection>,
    /// Whether they stand in `patchesStrategicMerge`.
    is_older: bool,
}

impl StrategicPatches {
    /// Entries of `patchesStrategicMerge`: texts or paths.
    pub(in super::super) fn of_paths(
        entries: &[String],
        loader: &Loader,
        context: &mut Context<'_>,
    ) -> Result<Self, BuildError> {
        let mut patches = Vec::new();
        for entry in entries {
            match parse::resources(entry.as_bytes(), &context.schema) {
                Ok(found) => patches.extend(found),
                Err(_) => {
                    let bytes = loader.load(context, entry)?;
                    let found = parse::resources(&bytes, &context.schema);
                    patches.extend(found.map_err(|error| error.in_file(entry))?);
                }
            }
        }
        if patches.is_empty() {
            return Err(BuildError::new(format!(
                "patch appears to be empty; files=[{}], Patch=",
                entries.join(" ")
            )));
        }
        Ok(Self {
            patches,
            target: None,
            is_older: true,
        })
    }

    /// Whether they stand in `patchesStrategicMerge`.
    pub(super) fn is_older(&self) -> bool {
        self.is_older
    }

    /// Changes the resources that are meant.
    pub(super) fn run(&self, set: &mut ResourceSet) -> Result<(), BuildError> {
        if let Some(target) = &self.target {
            let Some(patch) = self.patches.first() else {
                return Ok(());
            };
            let mut kept = Vec::new();
            for mut resource in set.take() {
                if target.takes(&resource) {
                    let mut patch = patch.clone();
                    let api_version = resource.api_version().to_owned();
                    if let Some(fields) = patch.value.as_object_mut() {
                        fields.insert("apiVersion".to_owned(), Value::String(api_version));
                    }
                    if !apply(&mut resource, &patch)? {
                        continue;
                    }
                }
                kept.push(resource);
            }
            return set.append_all(kept);
        }
        for patch in &self.patches {
            let id = patch.id();
            let index = set.find(&id).map_err(|error| {
                if self.is_older {
                    error
                } else {
                    error.under(format!(
                        "no resource matches strategic merge patch \"{id}\""
                    ))
                }
            })?;
            let list = set.list_mut();
            if let Some(resource) = list.get_mut(index)
                && !apply(resource, patch)?
            {
                list.remove(index);
            }
        }
        if self.is_older {
            set.check_unique()?;
        }
        Ok(())
    }
}

/// Changes one resource, and tells whether it is still there.
fn apply(resource: &mut Resource, patch: &Resource) -> Result<bool, BuildError> {
    let (name, namespace, kind) = (
        resource.name(),
        resource.namespace(),
        resource.kind().to_owned(),
    );
    if patch.may_rename || patch.may_change_kind {
        resource.remember_id();
    }
    let value = std::mem::take(&mut resource.value);
    let schema = resource.schema().clone();
    let merged = merge::apply(value, patch.value.clone(), &schema)?;
    let is_empty = |value: &Value| value.as_object().is_none_or(serde_json::Map::is_empty);
    let Some(value) = merged.filter(|value| !is_empty(value)) else {
        return Ok(false);
    };
    resource.value = value;
    if !patch.may_change_kind {
        resource.set_kind(&kind);
    }
    if !patch.may_rename {
        resource.set_name(&name);
    }
    resource.set_namespace(&namespace);
    Ok(true)
}

/// One entry of `patches`: either kind of patch, from a text or a file.
pub(super) fn configure(
    entry: &Patch,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Option<Step>, BuildError> {
    let inline = entry.patch.trim();
    let (read, source) = match (inline, entry.path.as_str()) {
        ("", "") => return Err(BuildError::new("must specify one of patch and path in")),
        ("", path) => {
            let (resolved, bytes) = loader.find(context, path).map_err(|error| {
                error.under(format!("failed to get the patch file from path({path})"))
            })?;
            let text = String::from_utf8_lossy(&bytes);
            let read = context.cache.patch(&resolved, &text);
            (read, format!("[path: {path:?}]"))
        }
        (text, "") => (Rc::new(PatchFile::read(text)), format!("[patch: {text:?}]")),
        _ => {
            return Err(BuildError::new(
                "patch and path can't be set at the same time",
            ));
        }
    };
    let target = entry.target.as_ref();
    match (&read.strategic, &read.operations) {
        (Some(patches), Some(operations)) if !patches.is_empty() && operations.len() > 0 => {
            Err(BuildError::new(format!(
                "illegally qualifies as both an SM and JSON patch: {source}"
            )))
        }
        (Some(patches), _) if patches.is_empty() => Ok(None),
        (Some(patches), _) => {
            let schema = &context.schema;
            let mut patches: Vec<Resource> = patches
                .iter()
                .map(|patch| patch.with_schema(schema))
                .collect();
            allow(&mut patches, entry.options.unwrap_or_default());
            if target.is_some() && patches.len() > 1 {
                return Err(BuildError::new(format!(
                    "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {source}"
                )));
            }
            Ok(Some(Step::Strategic(StrategicPatches {
                patches,
                target: target.map(Selection::new).transpose()?,
                is_older: false,
            })))
        }
        (None, Some(operations)) => match target {
            Some(target) => Ok(Some(Step::Json {
                operations: operations.clone(),
                target: Selection::new(target)?,
                remembers: true,
            })),
            None => Err(BuildError::new(format!(
                "must specify a target for JSON patch {source}"
            ))),
        },
        (None, None) => Err(BuildError::new(format!(
            "unable to parse SM or JSON patch from {source}"
        ))),
    }
}

fn allow(patches: &mut [Resource], options: PatchOptions) {
    for patch in patches {
        patch.may_rename = options.allow_name_change;
        patch.may_change_kind = options.allow_kind_change;
    }
}
