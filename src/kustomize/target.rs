//! One folder with its kustomization file.

use std::sync::Arc;

use serde_json::Value;

use super::{
    accumulate::Accumulated,
    error::{BuildError, Place},
    field_specs::FieldSpecs,
    load::{Context, Loader},
    origin::Origin,
    resource::Resource,
    trace::Cause,
};
use crate::{
    api::kustomization::{self, Kustomization},
    object::yaml::{self, ReadOptions, YamlError},
};

/// The version of the OpenAPI schema that is built in.
const OPENAPI_VERSION: &str = "v1.21.2";
const KUSTOMIZATION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT: &str = "kustomize.config.k8s.io/v1alpha1";

/// One folder with its kustomization file, ready to be built.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) file: Kustomization,
    pub(super) loader: Loader,
    file_name: &'static str,
    /// The text of the file.
    bytes: Arc<[u8]>,
    /// Where the folder lies as seen from the root of the build.
    pub(super) place: String,
    /// The same, where resources are marked with what they come from.
    pub(super) origin: Option<String>,
}

impl Target {
    /// Reads the kustomization file of a folder.
    pub(super) fn load(
        loader: Loader,
        place: String,
        context: &mut Context<'_>,
    ) -> Result<Self, BuildError> {
        context.taken.kustomization()?;
        let (path, bytes, file_name) = loader.kustomization(context)?;
        let file_place = joined(&place, file_name);
        let at = |field: &str, line| Place {
            file: file_place.clone(),
            line,
            field: field.to_owned(),
        };
        let read = context
            .cache
            .kustomization(&path, &bytes)
            .map_err(|error| {
                let (line, field) = error.place(&bytes);
                BuildError::new(error.to_string()).at(|_| at(&field, line))
            })?;
        context.notes.extend(read.notes.iter().cloned());
        let mut file = read.kustomization.clone();
        if file.kind.is_empty() {
            "Kustomization".clone_into(&mut file.kind);
        }
        let mut wrong = Vec::new();
        if !matches!(file.kind.as_str(), "Kustomization" | "Component") {
            wrong.push("kind should be Kustomization or Component".to_owned());
        }
        let version = match file.kind.as_str() {
            "Component" => COMPONENT,
            _ => KUSTOMIZATION,
        };
        if !file.api_version.is_empty() && file.api_version != version {
            wrong.push(format!("apiVersion for {} should be {version}", file.kind));
        }
        if !wrong.is_empty() {
            let error = BuildError::new(format!(
                "Failed to read kustomization file under {}:\n{}",
                loader.root(),
                wrong.join("\n")
            ));
            let field = if wrong.len() == 1 && wrong.iter().any(|one| one.starts_with("apiVersion"))
            {
                "apiVersion"
            } else {
                "kind"
            };
            let line = kustomization::line_of(&bytes, &format!("/{field}"));
            return Err(error.at(|_| at(field, line)));
        }
        let origin = (!file.build_metadata.is_empty()).then(String::new);
        Ok(Self {
            file,
            loader,
            file_name,
            bytes,
            place,
            origin,
        })
    }

    /// The kustomization file as seen from the root of the build.
    pub(super) fn path(&self) -> String {
        joined(&self.place, self.file_name)
    }

    /// What a step of this kustomization gives a field.
    pub(super) fn cause(&self, step: &str) -> Cause {
        Cause {
            file: self.path(),
            line: None,
            step: step.to_owned(),
        }
    }

    /// An error of this kustomization, with the place of its field, or of another one.
    pub(super) fn located(&self, error: BuildError, or_field: &str) -> BuildError {
        error.of_field(|| or_field.to_owned()).at(|field| Place {
            file: self.path(),
            line: self.line_of(field),
            field: field.to_owned(),
        })
    }

    /// The line of a field such as `patches[1] (web.yaml)`. Entries of older fields stand behind those of newer ones.
    fn line_of(&self, field: &str) -> Option<usize> {
        let field = field.split(' ').next().unwrap_or_default();
        let pointer = format!("/{}", field.replace('[', "/").replace(']', ""));
        kustomization::line_of(&self.bytes, &pointer).or_else(|| {
            let name = field.split('[').next().unwrap_or_default();
            kustomization::line_of(&self.bytes, &format!("/{name}"))
        })
    }

    /// Uses the schema that the kustomization names; the first one that names any wins.
    pub(super) fn use_schema(&self, context: &mut Context<'_>) -> Result<(), BuildError> {
        let version = self.file.openapi.get("version");
        let path = self.file.openapi.get("path");
        if let Some(version) = version.filter(|_| path.is_none() && !context.schema.is_set()) {
            if version != OPENAPI_VERSION {
                return Err(BuildError::new(
                    "the specified OpenAPI version is not built in",
                ));
            }
            context.schema.keep_built_in();
        }
        let Some(path) = path else {
            return Ok(());
        };
        let bytes = self.loader.load(context, path)?;
        if !context.schema.is_set() && version.is_some() {
            return Err(BuildError::new(
                "builtin version and custom schema provided, cannot use both",
            ));
        }
        let document = first(&bytes).map_err(|error| BuildError::new(error.to_string()))?;
        context.schema.set(&document);
        Ok(())
    }

    /// Adds the field specs of `configurations` and `crds`.
    pub(super) fn configure(
        &self,
        all: &mut Accumulated,
        context: &mut Context<'_>,
    ) -> Result<(), BuildError> {
        // All files are joined first: among themselves they may disagree as little as with the defaults.
        let mut own = FieldSpecs::default();
        for (index, path) in self.file.configurations.iter().enumerate() {
            let specs = self.document(path, context);
            let specs = specs.and_then(|value| FieldSpecs::read(&value));
            specs
                .and_then(|specs| own.merge(&specs))
                .map_err(|error| self.located(error, &format!("configurations[{index}]")))?;
        }
        // Most kustomizations have none, and the defaults are shared by all of those.
        if own != FieldSpecs::default() {
            let located = |error| self.located(error, "configurations");
            FieldSpecs::clone(&FieldSpecs::defaults())
                .merge(&own)
                .map_err(located)?;
            Arc::make_mut(&mut all.specs)
                .merge(&own)
                .map_err(|error| located(error.under("merging config")))?;
        }
        let mut own = FieldSpecs::default();
        for (index, path) in self.file.crds.iter().enumerate() {
            let specs = self.crd(path, context).and_then(|specs| own.merge(&specs));
            specs.map_err(|error| {
                let error = error.under(format!("loading CRDs [{}]", self.file.crds.join(" ")));
                self.located(error, &format!("crds[{index}]"))
            })?;
        }
        if own == FieldSpecs::default() {
            return Ok(());
        }
        Arc::make_mut(&mut all.specs)
            .merge(&own)
            .map_err(|error| self.located(error.under("merging CRDs"), "crds"))
    }

    /// The field specs of a file with OpenAPI definitions.
    fn crd(&self, path: &str, context: &mut Context<'_>) -> Result<FieldSpecs, BuildError> {
        let bytes = self.loader.load(context, path)?;
        let failed = |what: String| {
            BuildError::new(format!(
                "unable to parse open API definition from '{path}': {what}"
            ))
        };
        let value = first(&bytes)
            .map_err(|error| failed(format!("error converting YAML to JSON: yaml: {error}")))?;
        super::definitions::specs_of(&value).map_err(|found| {
            failed(format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type accumulator.OpenAPIDefinition"
            ))
        })
    }

    fn document(&self, path: &str, context: &mut Context<'_>) -> Result<Value, BuildError> {
        let bytes = self.loader.load(context, path)?;
        first(&bytes).map_err(|error| BuildError::new(error.to_string()))
    }

    /// The same of something that an object of its own configures.
    pub(super) fn configured_by(&self, config: &Resource) -> Option<Origin> {
        let origin = self.origin.as_ref()?;
        let file = match &config.origin {
            Some(Origin::File(file)) => file.clone(),
            _ => joined(origin, self.file_name),
        };
        Some(Origin::Configured {
            file,
            kind: config.kind().to_owned(),
            name: config.name(),
            namespace: config.namespace(),
        })
    }

    /// What the origin annotation says of something that a kustomization file made or changed.
    pub(super) fn configured(&self, kind: &'static str) -> Option<Origin> {
        let origin = self.origin.as_ref()?;
        Some(Origin::Configured {
            file: joined(origin, self.file_name),
            kind: kind.to_owned(),
            name: String::new(),
            namespace: String::new(),
        })
    }
}

/// The first document of a text.
fn first(bytes: &[u8]) -> Result<Value, YamlError> {
    let documents = yaml::read(bytes, &ReadOptions::default())?;
    Ok(documents
        .into_iter()
        .next()
        .map_or(Value::Null, |document| document.value))
}

/// A path as seen from the root of the build.
pub(super) fn joined(origin: &str, path: &str) -> String {
    // Leading `..` stay, so that the path does not lose its way.
    let mut words: Vec<&str> = Vec::new();
    for word in origin.split('/').chain(path.split('/')) {
        match word {
            "" | "." => {}
            ".." if words.last().is_some_and(|last| *last != "..") => {
                words.pop();
            }
            word => words.push(word),
        }
    }
    words.join("/")
}
