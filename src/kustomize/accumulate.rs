//! One kustomization after the other, children first, until all resources are there.

use std::sync::Arc;

use serde_json::Value;

use super::{
    error::BuildError,
    field_specs::FieldSpecs,
    generator::{self, Kind},
    load::{Context, Loader},
    origin::Origin,
    parse, plugin,
    resource::Resource,
    resource_set::ResourceSet,
    schema::Schema,
    trace::{Cause, Trace},
    transformer::{self, Step},
    variable,
};
use crate::{
    api::kustomization::{self, Kustomization, Variable},
    object::yaml::{self, ReadOptions},
};

/// The version of the OpenAPI schema that is built in.
const OPENAPI_VERSION: &str = "v1.21.2";
const KUSTOMIZATION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT: &str = "kustomize.config.k8s.io/v1alpha1";

/// What has come together so far.
#[derive(Debug)]
pub(super) struct Accumulated {
    pub(super) set: ResourceSet,
    pub(super) specs: Arc<FieldSpecs>,
    pub(super) variables: Vec<Variable>,
}

impl Default for Accumulated {
    fn default() -> Self {
        Self {
            set: ResourceSet::default(),
            specs: FieldSpecs::defaults(),
            variables: Vec::new(),
        }
    }
}

/// One folder with its kustomization file, ready to be built.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) file: Kustomization,
    loader: Loader,
    file_name: &'static str,
    /// Where the folder lies as seen from the root of the build.
    place: String,
    /// The same, where resources are marked with what they come from.
    origin: Option<String>,
}

impl Target {
    /// Reads the kustomization file of a folder.
    pub(super) fn load(loader: Loader, context: &mut Context<'_>) -> Result<Self, BuildError> {
        let (bytes, file_name) = loader.kustomization(context)?;
        let read =
            kustomization::read(&bytes).map_err(|error| BuildError::new(error.to_string()))?;
        context.notes.extend(read.notes);
        let mut file = read.kustomization;
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
            return Err(BuildError::new(format!(
                "Failed to read kustomization file under {}:\n{}",
                loader.root(),
                wrong.join("\n")
            )));
        }
        let origin = (!file.build_metadata.is_empty()).then(String::new);
        Ok(Self {
            file,
            loader,
            file_name,
            place: String::new(),
            origin,
        })
    }

    /// The kustomization file as seen from the root of the build.
    pub(super) fn path(&self) -> String {
        joined(&self.place, self.file_name)
    }

    /// What a step of this kustomization gives a field.
    fn cause(&self, step: &str) -> Cause {
        Cause {
            file: self.path(),
            line: None,
            step: step.to_owned(),
        }
    }

    /// Uses the schema that the kustomization names; the first one that names any wins.
    pub(super) fn use_schema(&self, context: &mut Context<'_>) -> Result<(), BuildError> {
        if let Some(version) = self.file.openapi.get("version")
            && version != OPENAPI_VERSION
        {
            return Err(BuildError::new(
                "the specified OpenAPI version is not built in",
            ));
        }
        let Some(path) = self.file.openapi.get("path") else {
            return Ok(());
        };
        let bytes = self.loader.load(context, path)?;
        if context.has_own_schema {
            return Ok(());
        }
        let document = yaml::read(&bytes, &ReadOptions::default())
            .map_err(|error| BuildError::new(error.to_string()))?
            .into_iter()
            .next()
            .map_or(Value::Null, |document| document.value);
        context.schema = Schema::of_document(&document);
        context.has_own_schema = true;
        Ok(())
    }

    /// Loads, generates and transforms. Components go on with what their parent has.
    pub(super) fn accumulate(
        mut self,
        mut all: Accumulated,
        context: &mut Context<'_>,
    ) -> Result<Accumulated, BuildError> {
        let resources = std::mem::take(&mut self.file.resources);
        all = self
            .resources(all, &resources, context)
            .map_err(|error| error.under("accumulating resources"))?;
        self.configure(&mut all, context)?;
        self.generate(&mut all, context)?;
        let components = std::mem::take(&mut self.file.components);
        all = self
            .components(all, &components, context)
            .map_err(|error| error.under("accumulating components"))?;
        self.transform(&mut all, context)?;
        self.validate(&mut all, context)?;
        variable::add(&mut all.variables, &self.file.vars, &mut all.set)
            .map_err(|error| error.under("merging vars"))?;
        Ok(all)
    }

    /// Files and folders, in the order in which they are named.
    pub(super) fn resources(
        &self,
        mut all: Accumulated,
        paths: &[String],
        context: &mut Context<'_>,
    ) -> Result<Accumulated, BuildError> {
        for path in paths {
            let Err(not_file) = self.file(&mut all, path, context) else {
                continue;
            };
            let prefix = format!("accumulation err='{not_file}'");
            let loader = match self.loader.child(context, path) {
                Ok(loader) => loader,
                Err(_) if not_file.is_malformed() => return Err(not_file),
                Err(error) => return Err(error.under(prefix)),
            };
            all = self
                .folder(all, loader, path, false, context)
                .map_err(|error| error.under(prefix))?;
        }
        Ok(all)
    }

    fn file(
        &self,
        all: &mut Accumulated,
        path: &str,
        context: &mut Context<'_>,
    ) -> Result<(), BuildError> {
        let failed =
            |error: BuildError| error.under(format!("accumulating resources from '{path}'"));
        let bytes = self.loader.load(context, path).map_err(failed)?;
        let mut found = parse::resources(&bytes, &context.schema)
            .map_err(|error| failed(error.in_file(path)))?;
        if context.options.explain {
            let file = joined(&self.place, path);
            parse::trace(&mut found, &bytes, &file);
        }
        if let Some(origin) = &self.origin {
            for resource in &mut found {
                resource.origin = Some(Origin::File(joined(origin, path)));
                resource.is_marked = true;
            }
        }
        // Within one file names are told apart first.
        let mut own = ResourceSet::default();
        own.append_all(found).map_err(failed)?;
        all.set
            .append_all(own.take())
            .map_err(|error| error.under(format!("merging resources from '{path}'")))
    }

    fn components(
        &self,
        mut all: Accumulated,
        paths: &[String],
        context: &mut Context<'_>,
    ) -> Result<Accumulated, BuildError> {
        for path in paths {
            let loader = self
                .loader
                .child(context, path)
                .map_err(|error| BuildError::new(format!("loader.New {:?}", error.to_string())))?;
            all = self
                .folder(all, loader, path, true, context)
                .map_err(|error| {
                    BuildError::new(format!("accumulateDirectory: {:?}", error.to_string()))
                })?;
        }
        Ok(all)
    }

    fn folder(
        &self,
        mut all: Accumulated,
        loader: Loader,
        path: &str,
        is_component: bool,
        context: &mut Context<'_>,
    ) -> Result<Accumulated, BuildError> {
        let root = loader.root().to_owned();
        let mut target = Self::load(loader, context)
            .map_err(|error| error.under(format!("couldn't make target for path '{root}'")))?;
        target.origin = self.origin.as_ref().map(|origin| joined(origin, path));
        target.place = joined(&self.place, path);
        target.use_schema(context)?;
        match (is_component, target.file.kind.as_str()) {
            (true, "Component") | (false, "Kustomization") => {}
            (true, kind) => {
                return Err(BuildError::new(format!(
                    "expected kind 'Component' for path '{root}' but got '{kind}'"
                )));
            }
            (false, _) => {
                return Err(BuildError::new(format!(
                    "expected kind != 'Component' for path '{root}'"
                )));
            }
        }
        let recursed =
            |error: BuildError| error.under(format!("recursed accumulation of path '{root}'"));
        if is_component {
            return target.accumulate(all, context).map_err(recursed);
        }
        let mut inner = target
            .accumulate(Accumulated::default(), context)
            .map_err(recursed)?;
        let merging =
            |error: BuildError| error.under(format!("recursed merging from path '{root}'"));
        all.set.append_all(inner.set.take()).map_err(merging)?;
        merge_specs(&mut all.specs, &inner.specs).map_err(merging)?;
        variable::merge(&mut all.variables, inner.variables).map_err(merging)?;
        Ok(all)
    }

    /// Adds the field specs of `configurations` and `crds`.
    fn configure(
        &self,
        all: &mut Accumulated,
        context: &mut Context<'_>,
    ) -> Result<(), BuildError> {
        for path in &self.file.configurations {
            let value = self.document(path, context)?;
            let specs = FieldSpecs::read(&value)?;
            Arc::make_mut(&mut all.specs)
                .merge(&specs)
                .map_err(|error| error.under("merging config"))?;
        }
        for path in &self.file.crds {
            let value = self
                .document(path, context)
                .map_err(|error| error.under(format!("loading CRDs {path}")))?;
            let specs = super::definitions::specs_of(&value);
            Arc::make_mut(&mut all.specs)
                .merge(&specs)
                .map_err(|error| error.under("merging CRDs"))?;
        }
        Ok(())
    }

    fn document(&self, path: &str, context: &mut Context<'_>) -> Result<Value, BuildError> {
        let bytes = self.loader.load(context, path)?;
        let documents = yaml::read(&bytes, &ReadOptions::default())
            .map_err(|error| BuildError::new(error.to_string()))?;
        Ok(documents
            .into_iter()
            .next()
            .map_or(Value::Null, |document| document.value))
    }

    fn generate(&self, all: &mut Accumulated, context: &mut Context<'_>) -> Result<(), BuildError> {
        let kinds = [
            (Kind::ConfigMap, &self.file.config_map_generator),
            (Kind::Secret, &self.file.secret_generator),
        ];
        let mut made: Vec<(String, Resource)> = Vec::new();
        for (kind, list) in kinds {
            for (index, args) in list.iter().enumerate() {
                let field = match kind {
                    Kind::ConfigMap => format!("configMapGenerator[{index}]"),
                    Kind::Secret => format!("secretGenerator[{index}]"),
                };
                let global = self.file.generator_options.as_ref();
                let mut resource = generator::generate(kind, args, global, &self.loader, context)?;
                let name = match kind {
                    Kind::ConfigMap => "ConfigMapGenerator",
                    Kind::Secret => "SecretGenerator",
                };
                resource.origin = self.configured(name);
                made.push((field, resource));
            }
        }
        let charts = self.file.helm_charts.len() + self.file.helm_chart_inflation_generator.len();
        if charts > 0 {
            return Err(plugin::helm_refused());
        }
        let more = plugin::generated(self, &self.file.generators, &self.loader, context)?;
        made.extend(
            more.into_iter()
                .map(|resource| ("generators".to_owned(), resource)),
        );
        for (field, mut resource) in made {
            if context.options.explain {
                resource.trace = Some(Box::new(Trace::empty()));
            }
            all.set
                .absorb(resource)
                .map_err(|error| error.under("merging from generator"))?;
            all.set.note(&self.cause(&field));
        }
        Ok(())
    }

    /// What the origin annotation says of something that a kustomization file made or changed.
    fn configured(&self, kind: &'static str) -> Option<Origin> {
        let origin = self.origin.as_ref()?;
        Some(Origin::Configured {
            file: joined(origin, self.file_name),
            kind,
        })
    }

    fn transform(
        &self,
        all: &mut Accumulated,
        context: &mut Context<'_>,
    ) -> Result<(), BuildError> {
        let steps = transformer::configure(&self.file, &all.specs, &self.loader, context)?;
        let own = steps.len();
        let more = plugin::transformers(self, &self.file.transformers, &self.loader, context)?;
        let more = more
            .into_iter()
            .map(|step| ("transformers".to_owned(), step));
        for (index, (field, step)) in steps.into_iter().chain(more).enumerate() {
            step.run(&mut all.set)?;
            if index < own {
                self.record(&step, all);
            }
            all.set.note(&self.cause(&field));
        }
        Ok(())
    }

    /// Notes what changed the resources, if anyone wants to know.
    fn record(&self, step: &Step, all: &mut Accumulated) {
        let Some(change) = self.configured(step.name()) else {
            return;
        };
        for resource in all.set.list_mut() {
            match resource.origin {
                None => resource.origin = Some(change.clone()),
                Some(_) => resource.transformations.push(change.clone()),
            }
        }
    }

    fn validate(&self, all: &mut Accumulated, context: &mut Context<'_>) -> Result<(), BuildError> {
        let steps = plugin::transformers(self, &self.file.validators, &self.loader, context)?;
        for step in steps {
            let before: Vec<Value> = values(&all.set);
            step.run(&mut all.set)?;
            if before != values(&all.set) {
                return Err(BuildError::new(
                    "validator shouldn't modify the resource map",
                ));
            }
        }
        Ok(())
    }
}

fn values(set: &ResourceSet) -> Vec<Value> {
    set.list()
        .iter()
        .map(|resource| resource.value.clone())
        .collect()
}

/// A path as seen from the root of the build.
fn joined(origin: &str, path: &str) -> String {
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

fn merge_specs(own: &mut Arc<FieldSpecs>, other: &Arc<FieldSpecs>) -> Result<(), BuildError> {
    if Arc::ptr_eq(own, other) {
        return Ok(());
    }
    Arc::make_mut(own).merge(other)
}
