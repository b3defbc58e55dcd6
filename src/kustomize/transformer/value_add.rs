//! A text put into fields of resources (kustomize's `ValueAddTransformer`).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{
    error::BuildError,
    field_path,
    load::{Context, Loader},
    resource::Resource,
    resource_set::ResourceSet,
    scalar,
    selection::Selection,
};
use crate::{
    api::kustomization::Selector,
    object::yaml::{self, ReadOptions},
};

/// The field of the namespace, which cluster-scoped resources do not get.
const NAMESPACE: &str = "metadata/namespace";

/// A text and the fields that take it.
#[derive(Debug)]
pub(in super::super) struct ValueAdd {
    value: String,
    targets: Vec<(Option<Selection>, Target)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Target {
    selector: Option<Selector>,
    field_path: String,
    /// The place of the text in the path that the field holds, from 1; 0 for the whole field.
    file_path_position: i64,
}

/// Reads the object that configures the transformer.
pub(in super::super) fn configure(
    config: &Value,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<ValueAdd, BuildError> {
    let text = |field: &str| {
        let found = config.get(field).map(scalar::text).unwrap_or_default();
        found.trim().to_owned()
    };
    let mut value = text("value");
    if value.is_empty() {
        value = loader
            .root()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    let mut targets = read(config)?;
    let path = text("targetFilePath");
    if !path.is_empty() {
        let bytes = loader.load(context, &path)?;
        let documents = yaml::read(&bytes, &ReadOptions::default())
            .map_err(|error| BuildError::new(format!("yaml: {error}")))?;
        for document in documents.into_iter().take(1) {
            targets.extend(read(&document.value)?);
        }
    }
    if targets.is_empty() {
        return Err(BuildError::new("must specify at least one target"));
    }
    let targets = targets.into_iter().map(|target| {
        if target.field_path.is_empty() {
            return Err(BuildError::new("fieldPath cannot be empty"));
        }
        if target.file_path_position < 0 {
            return Err(BuildError::new(format!(
                "value of FilePathPosition ({}) cannot be negative",
                target.file_path_position
            )));
        }
        let selection = target.selector.as_ref().map(Selection::new).transpose()?;
        Ok((selection, target))
    });
    Ok(ValueAdd {
        value,
        targets: targets.collect::<Result<_, _>>()?,
    })
}

fn read(value: &Value) -> Result<Vec<Target>, BuildError> {
    match value.get("targets") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(list) => {
            serde_json::from_value(list.clone()).map_err(|error| BuildError::new(error.to_string()))
        }
    }
}

impl ValueAdd {
    /// Puts the text into all fields that the targets name.
    pub(super) fn run(&self, set: &mut ResourceSet) -> Result<(), BuildError> {
        for (selection, target) in &self.targets {
            for resource in set.list_mut() {
                if selection.as_ref().is_none_or(|own| own.takes(resource)) {
                    self.put(resource, target)?;
                }
            }
        }
        Ok(())
    }

    fn put(&self, resource: &mut Resource, target: &Target) -> Result<(), BuildError> {
        if target.field_path == NAMESPACE {
            if !resource.id().is_cluster_scoped {
                resource.set_namespace(&self.value);
            }
            return Ok(());
        }
        let mut here = &mut resource.value;
        for word in field_path::split(&target.field_path, '/') {
            if here.is_null() {
                *here = Value::Object(Map::new());
            }
            let kind = scalar::node_kind(here);
            let Some(fields) = here.as_object_mut() else {
                return Err(BuildError::new(format!(
                    "wrong node kind: expected MappingNode but got {kind}"
                )));
            };
            here = fields.entry(word).or_insert(Value::Null);
        }
        let old = if here.is_null() {
            String::new()
        } else {
            scalar::text(here)
        };
        let text = match usize::try_from(target.file_path_position) {
            Ok(position) if position > 0 => inserted(&old, position - 1, &self.value),
            _ => self.value.clone(),
        };
        field_path::set_scalar(here, &text)
    }
}

/// A path with one more part.
fn inserted(path: &str, position: usize, part: &str) -> String {
    let (root, rest) = match path.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", path),
    };
    let mut parts: Vec<&str> = rest.split('/').filter(|own| !own.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::inserted;

    #[test]
    fn a_part_is_put_into_a_path() {
        for (path, position, whole) in [
            ("", 4, "PEACH"),
            ("/", 0, "/PEACH"),
            ("pie", 0, "PEACH/pie"),
            ("/pie", 0, "/PEACH/pie"),
            ("raw", 1, "raw/PEACH"),
            ("/raw", 9, "/raw/PEACH"),
            ("a/nice/warm/pie", 3, "a/nice/warm/PEACH/pie"),
        ] {
            assert_eq!(inserted(path, position, "PEACH"), whole);
        }
    }
}
