//! One kustomization after the other, children first, until all resources are there.

use std::sync::Arc;

use serde_json::Value;

use super::{
    error::{BuildError, Place},
    field_specs::FieldSpecs,
    generator::{self, Kind},
    load::{Context, Loader},
    origin::Origin,
    parse, plugin,
    resource::Resource,
    resource_set::ResourceSet,
    target::{Target, joined},
    trace::Trace,
    transformer, variable,
};
use crate::api::kustomization::Variable;

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

impl Target {
    /// Loads, generates and transforms. Components go on with what their parent has.
    pub(super) fn accumulate(
        mut self,
        mut all: Accumulated,
        context: &mut Context<'_>,
    ) -> Result<Accumulated, BuildError> {
        let resources = std::mem::take(&mut self.file.resources);
        all = self
            .resources(all, "resources", &resources, context)
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
            .map_err(|error| self.located(error.under("merging vars"), "vars"))?;
        Ok(all)
    }

    /// Files and folders, in the order in which a field names them.
    pub(super) fn resources(
        &self,
        mut all: Accumulated,
        field: &str,
        paths: &[String],
        context: &mut Context<'_>,
    ) -> Result<Accumulated, BuildError> {
        for (index, path) in paths.iter().enumerate() {
            let field = || format!("{field}[{index}]");
            let Err(not_file) = self.file(&mut all, path, context) else {
                continue;
            };
            let prefix = format!("accumulation err='{not_file}'");
            let loader = match self.loader.child(context, path) {
                Ok(loader) => loader,
                Err(_) if not_file.is_malformed() => return Err(not_file),
                Err(error) => {
                    // What is wrong in a file counts more than that it is no folder either.
                    let place = not_file.place().cloned();
                    let error = error.under(prefix);
                    return Err(match place {
                        Some(place) => error.at(|_| place),
                        None => self.located(error, &field()),
                    });
                }
            };
            all = self
                .folder(all, loader, path, false, context)
                .map_err(|error| self.located(error.under(prefix), &field()))?;
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
        let (resolved, bytes) = self.loader.find(context, path).map_err(failed)?;
        let at = |line: usize, field: &str| Place {
            file: joined(&self.place, path),
            line: (line > 0).then_some(line),
            field: field.to_owned(),
        };
        let read = context.cache.resources(&resolved, &bytes, &context.schema);
        let mut found = read.map_err(|error| {
            let line = error.line();
            failed(error.in_file(path)).at(|_| at(line, ""))
        })?;
        context.taken.resources(found.len()).map_err(failed)?;
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
        for resource in found {
            let line = resource.line;
            own.append(resource)
                .map_err(|error| failed(error).at(|_| at(line, "metadata.name")))?;
        }
        for resource in own.take() {
            let line = resource.line;
            all.set.append(resource).map_err(|error| {
                let error = error.under(format!("merging resources from '{path}'"));
                error.at(|_| at(line, "metadata.name"))
            })?;
        }
        Ok(())
    }

    fn components(
        &self,
        mut all: Accumulated,
        paths: &[String],
        context: &mut Context<'_>,
    ) -> Result<Accumulated, BuildError> {
        for (index, path) in paths.iter().enumerate() {
            let field = format!("components[{index}]");
            let loader = self.loader.child(context, path).map_err(|error| {
                let error = error.said(|words| format!("loader.New {words:?}"));
                self.located(error, &field)
            })?;
            all = self
                .folder(all, loader, path, true, context)
                .map_err(|error| {
                    let error = error.said(|words| format!("accumulateDirectory: {words:?}"));
                    self.located(error, &field)
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
        let mut target = Self::load(loader, joined(&self.place, path), context)
            .map_err(|error| error.under(format!("couldn't make target for path '{root}'")))?;
        target.origin = self.origin.as_ref().map(|origin| joined(origin, path));
        target
            .use_schema(context)
            .map_err(|error| target.located(error, "openapi"))?;
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
                let mut resource = generator::generate(kind, args, global, &self.loader, context)
                    .map_err(|error| self.located(error, &field))?;
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
            return Err(self.located(plugin::helm_refused(), "helmCharts"));
        }
        let more = plugin::generated(self, &self.file.generators, &self.loader, context)
            .map_err(|error| self.located(error, "generators"))?;
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
                .map_err(|error| self.located(error.under("merging from generator"), &field))?;
            all.set.note(&self.cause(&field));
        }
        Ok(())
    }

    fn transform(
        &self,
        all: &mut Accumulated,
        context: &mut Context<'_>,
    ) -> Result<(), BuildError> {
        let steps = transformer::configure(&self.file, &all.specs, &self.loader, context)
            .map_err(|error| self.located(error, ""))?;
        let entries = &self.file.transformers;
        let more = plugin::transformers(self, "transformers", entries, &self.loader, context)
            .map_err(|error| self.located(error, "transformers"))?;
        let own = steps.into_iter().map(|(field, step)| {
            let origin = self.configured(step.name());
            (field, origin, step)
        });
        let more = more
            .into_iter()
            .map(|(origin, step)| ("transformers".to_owned(), origin, step));
        for (field, origin, step) in own.chain(more) {
            step.run(&mut all.set)
                .map_err(|error| self.located(error, &field))?;
            if let Some(change) = origin {
                record(&change, all);
            }
            all.set.note(&self.cause(&field));
        }
        Ok(())
    }

    fn validate(&self, all: &mut Accumulated, context: &mut Context<'_>) -> Result<(), BuildError> {
        let located = |error| self.located(error, "validators");
        let entries = &self.file.validators;
        let steps = plugin::transformers(self, "validators", entries, &self.loader, context)
            .map_err(located)?;
        for (_, step) in steps {
            let before: Vec<Value> = values(&all.set);
            step.run(&mut all.set).map_err(located)?;
            if before != values(&all.set) {
                let error = BuildError::new("validator shouldn't modify the resource map");
                return Err(located(error));
            }
        }
        Ok(())
    }
}

/// Notes what changed the resources.
fn record(change: &Origin, all: &mut Accumulated) {
    for resource in all.set.list_mut() {
        match resource.origin {
            None => resource.origin = Some(change.clone()),
            Some(_) => resource.transformations.push(change.clone()),
        }
    }
}

fn values(set: &ResourceSet) -> Vec<Value> {
    set.list()
        .iter()
        .map(|resource| resource.value.clone())
        .collect()
}

fn merge_specs(own: &mut Arc<FieldSpecs>, other: &Arc<FieldSpecs>) -> Result<(), BuildError> {
    if Arc::ptr_eq(own, other) {
        return Ok(());
    }
    Arc::make_mut(own).merge(other)
}
