//! One build, from the root to the text.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    accumulate::Accumulated,
    cache::Cache,
    error::{BuildError, Place},
    hash,
    limits::Taken,
    load::{Context, Loader},
    name_reference, order, origin,
    resource::Resource,
    schema::Schema,
    target::Target,
    trace::Cause,
    variable,
};
use crate::{
    api::kustomization::SortOptions,
    object::{tree::Files, yaml},
};

/// The version of kustomize that is followed.
pub(super) const VERSION: &str = "v5.8.1";
/// The annotation of resources that are not part of the output.
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Where files may lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictions {
    /// In or below the folder of the kustomization that names them.
    #[default]
    RootOnly,
    /// Anywhere.
    None,
}

/// The order of the output, where a kustomization says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// By kind.
    #[default]
    Legacy,
    /// As loaded.
    None,
}

/// How to build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where files may lie.
    pub load_restrictions: LoadRestrictions,
    /// The order of the output, where a kustomization says nothing.
    pub reorder: Option<Reorder>,
    /// Whether each resource shall know what gave it its fields ([`Resource::causes`]); slower.
    pub explain: bool,
}

/// What a build gives.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The resources in the order of the output.
    pub resources: Vec<Resource>,
    /// Notes and warnings, for standard error.
    pub notes: Vec<String>,
    /// The files that were read, by their paths without links.
    pub read: BTreeSet<String>,
}

impl Build {
    /// The output: documents between `---` lines.
    pub fn text(&self) -> String {
        let documents: Vec<String> = self
            .resources
            .iter()
            .map(|resource| yaml::write(&resource.value))
            .collect();
        documents.join("---\n")
    }
}

/// Builds the kustomization in a folder.
///
/// # Errors
/// [`BuildError`] in kustomize's words; notes that were made until then are lost with it.
pub fn build(files: &dyn Files, folder: &str, options: &Options) -> Result<Build, BuildError> {
    run(files, &Cache::default(), folder, options)
}

/// Builds the kustomization in a folder, with what was parsed before.
pub(super) fn run(
    files: &dyn Files,
    cache: &Cache,
    folder: &str,
    options: &Options,
) -> Result<Build, BuildError> {
    let mut context = Context {
        files,
        cache,
        options,
        notes: Vec::new(),
        read: BTreeSet::new(),
        downloads: BTreeMap::new(),
        taken: Taken::default(),
        schema: Schema::default(),
    };
    let loader = Loader::start(&context, folder)?;
    let target = Target::load(loader, String::new(), &mut context)?;
    target
        .use_schema(&mut context)
        .map_err(|error| target.located(error, "openapi"))?;
    let file = target.file.clone();
    let path = target.path();
    let located = |error: BuildError, field: &str| {
        error.at(|_| Place {
            file: path.clone(),
            line: None,
            field: field.to_owned(),
        })
    };
    let cause = |step: &str| Cause {
        file: path.clone(),
        line: None,
        step: step.to_owned(),
    };
    let Accumulated {
        mut set,
        specs,
        variables,
    } = target.accumulate(Accumulated::default(), &mut context)?;
    hash::run(&mut set);
    set.note(&cause("hash of the content"));
    name_reference::update(&mut set, &specs).map_err(|error| located(error, ""))?;
    set.note(&cause("reference to a name that changed"));
    variable::resolve(&mut set, &variables, &specs, &mut context.notes)
        .map_err(|error| located(error, "vars"))?;
    set.note(&cause("vars"));
    set.list_mut().retain(|resource| {
        let mark = resource.annotations();
        mark.get(LOCAL_CONFIG).is_none_or(|mark| mark == "false")
    });
    let fifo = SortOptions {
        order: "fifo".to_owned(),
        legacy_sort_options: None,
    };
    match (&file.sort_options, options.reorder) {
        (Some(own), reorder) => {
            if reorder.is_some() {
                context.notes.push(
                    "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). Using the kustomization file over the CLI flag."
                        .to_owned(),
                );
            }
            order::sort(&mut set, Some(own)).map_err(|error| located(error, "sortOptions"))?;
        }
        (None, Some(Reorder::None)) => order::sort(&mut set, Some(&fifo))?,
        (None, _) => order::sort(&mut set, None)?,
    }
    let wants = |word: &str| file.build_metadata.iter().any(|own| own == word);
    let mut resources = set.take();
    for resource in &mut resources {
        if wants("managedByLabel") {
            let mut labels = resource.labels();
            labels.insert(
                "app.kubernetes.io/managed-by".to_owned(),
                format!("kustomize-{VERSION}"),
            );
            resource.set_texts("labels", labels);
        }
        let mut annotations = resource.annotations();
        if wants("originAnnotations")
            && let Some(origin) = &resource.origin
        {
            annotations.insert("config.kubernetes.io/origin".to_owned(), origin.text());
        }
        if wants("transformerAnnotations") && !resource.transformations.is_empty() {
            annotations.insert(
                "alpha.config.kubernetes.io/transformations".to_owned(),
                origin::list(&resource.transformations),
            );
        }
        resource.set_texts("annotations", annotations);
        resource.note(&cause("buildMetadata"));
    }
    Ok(Build {
        resources,
        notes: context.notes,
        read: context.read,
    })
}
