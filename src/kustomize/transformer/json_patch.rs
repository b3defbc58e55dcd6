//! JSON patches (RFC 6902).

use serde_json::{Map, Value};

use super::{
    super::{
        error::BuildError,
        limits,
        load::{Context, Loader},
        parse,
        resource::Resource,
        resource_set::ResourceSet,
        scalar,
        selection::Selection,
    },
    step::Step,
};
use crate::{
    api::kustomization::Patch,
    object::{
        patch::json::{self, JsonPatchError, OperationProblem},
        yaml::{self, ReadOptions},
    },
};

/// The operations of one JSON patch.
#[derive(Clone, Debug)]
pub(in super::super) struct Operations(Value);

impl Operations {
    /// Reads a JSON patch from YAML or JSON.
    pub(in super::super) fn read(text: &str) -> Result<Self, BuildError> {
        if text.is_empty() {
            return Err(BuildError::new("empty json patch operations"));
        }
        let failed = |message: String| BuildError::new(message);
        let value = if text.starts_with('[') && serde_json::from_str::<Value>(text).is_ok() {
            serde_json::from_str(text).unwrap_or_default()
        } else if text.starts_with('[') {
            return Err(failed("invalid JSON patch".to_owned()));
        } else {
            let documents = yaml::read(text.as_bytes(), &ReadOptions::default())
                .map_err(|error| failed(error.to_string()))?;
            documents
                .into_iter()
                .next()
                .map_or(Value::Null, |document| document.value)
        };
        match &value {
            Value::Null => Ok(Self(Value::Array(Vec::new()))),
            Value::Array(items) if items.iter().all(Value::is_object) => Ok(Self(value)),
            _ => Err(failed(
                "json: cannot unmarshal into a list of operations".to_owned(),
            )),
        }
    }

    /// How many operations there are.
    pub(in super::super) fn len(&self) -> usize {
        self.0.as_array().map_or(0, Vec::len)
    }

    /// Changes all resources that the target takes.
    pub(super) fn run(
        &self,
        set: &mut ResourceSet,
        target: &Selection,
        remembers: bool,
    ) -> Result<(), BuildError> {
        for resource in set.list_mut() {
            if target.takes(resource) {
                if remembers {
                    resource.remember_id();
                }
                self.apply(resource)?;
            }
        }
        Ok(())
    }

    fn apply(&self, resource: &mut Resource) -> Result<(), BuildError> {
        // Annotations that the original keeps for itself make the map exist.
        if resource.is_marked
            && let Some(metadata) = resource.map_mut("metadata")
        {
            let annotations = metadata
                .entry("annotations")
                .or_insert_with(|| Value::Object(Map::new()));
            if annotations.is_null() {
                *annotations = Value::Object(Map::new());
            }
        }
        json::apply(&mut resource.value, &self.0).map_err(|error| said(&error, &self.0))?;
        limits::check_size(&resource.value)?;
        parse::check_names(&resource.value)?;
        scalar::through_float(&mut resource.value);
        let annotations = resource.annotations();
        resource.set_texts("annotations", annotations);
        Ok(())
    }
}

/// One entry of `patchesJson6902`.
pub(super) fn configure(
    entry: &Patch,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Step, BuildError> {
    let target = entry.target.clone().unwrap_or_default();
    if target.name.is_empty() {
        return Err(BuildError::new("must specify the target name"));
    }
    let text = match (entry.path.as_str(), entry.patch.as_str()) {
        ("", "") => return Err(BuildError::new("empty file path and empty jsonOp")),
        ("", text) => text.to_owned(),
        (path, "") => {
            let bytes = loader.load(context, path)?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => {
            return Err(BuildError::new(
                "must specify a file path or jsonOp, not both",
            ));
        }
    };
    if text.is_empty() {
        return Err(BuildError::new(format!(
            "patch file '{}' empty seems to be empty",
            entry.path
        )));
    }
    let operations =
        Operations::read(&text).map_err(|error| error.under(format!("decoding {text}")))?;
    if operations.len() == 0 {
        return Err(BuildError::new(format!(
            "patch appears to be empty; file={}, JsonOp={text}",
            entry.path
        )));
    }
    Ok(Step::Json {
        operations,
        target: Selection::new(&target)?,
        remembers: false,
    })
}

/// The error in the words of the original's library.
fn said(error: &JsonPatchError, operations: &Value) -> BuildError {
    let JsonPatchError::Operation {
        index,
        op,
        path,
        problem,
    } = error
    else {
        return BuildError::new(error.to_string());
    };
    let missing = "missing value";
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let from = operations
        .get(index)
        .and_then(|operation| operation.get("from"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let no_index = |path: &str| {
        let word = last(path);
        match word.parse::<i64>() {
            Ok(index) => {
                format!("Unable to access invalid index: {index}: invalid index referenced")
            }
            Err(_) => format!(
                "value was not a proper array index: '{word}': strconv.Atoi: parsing {word:?}: invalid syntax"
            ),
        }
    };
    BuildError::new(match (op.as_str(), problem) {
        ("add", OperationProblem::NoPath) => {
            format!("add operation does not apply: doc is missing path: \"{path}\": {missing}")
        }
        ("remove", OperationProblem::NoPath) => {
            format!("remove operation does not apply: doc is missing path: \"{path}\": {missing}")
        }
        ("replace", OperationProblem::NoPath) => {
            format!("replace operation does not apply: doc is missing path: {path}: {missing}")
        }
        ("remove", OperationProblem::NoField) => {
            let key = last(path);
            format!(
                "error in remove for path: '{path}': Unable to remove nonexistent key: {key}: {missing}"
            )
        }
        ("add" | "remove", OperationProblem::Index) => {
            format!("error in {op} for path: '{path}': {}", no_index(path))
        }
        ("move", OperationProblem::NoField) => {
            let key = last(from);
            format!(
                "error in move for path: '{key}': Unable to remove nonexistent key: {key}: {missing}"
            )
        }
        ("move", OperationProblem::Index) => {
            let key = last(from);
            format!("error in move for path: '{key}': {}", no_index(from))
        }
        ("copy", OperationProblem::Index) => {
            format!("error in copy for from: '{from}': {}", no_index(from))
        }
        ("test", OperationProblem::Test) => format!("testing value {path} failed: test failed"),
        ("test", OperationProblem::NoPath) => {
            format!("test operation does not apply: is missing path: {path}: {missing}")
        }
        ("replace", OperationProblem::Index) => {
            format!("replace operation does not apply: doc is missing key: {path}: {missing}")
        }
        ("move" | "copy", OperationProblem::NoFrom) => {
            format!("{op} operation does not apply: doc is missing from path: {from}: {missing}")
        }
        ("move" | "copy", OperationProblem::NoPath) => {
            format!(
                "{op} operation does not apply: doc is missing destination path: {path}: {missing}"
            )
        }
        (op, OperationProblem::Unknown) => format!("Unexpected kind: {op}"),
        _ => error.to_string(),
    })
}
