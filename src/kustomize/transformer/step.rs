//! The transformers of one kustomization, ready to run: all are read before the first one runs.

use std::collections::BTreeMap;

use super::{
    super::{
        error::BuildError,
        field_specs::{FieldSpecs, merge_all},
        hash,
        load::{Context, Loader},
        resource_set::ResourceSet,
        selection::Selection,
    },
    image,
    json_patch::Operations,
    label, name,
    namespace::{self, Subjects},
    patch::StrategicPatches,
    replacement, replica,
    value_add::ValueAdd,
};
use crate::api::kustomization::{FieldSpec, Image, Kustomization, Label, Replacement, Replica};

/// Which texts of the metadata are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum TextKind {
    /// Labels.
    Labels,
    /// Annotations.
    Annotations,
}

/// One transformer, ready to run.
#[derive(Debug)]
pub(in super::super) enum Step {
    /// Strategic merges.
    Strategic(StrategicPatches),
    /// A JSON patch; `remembers` tells whether names before it count afterwards.
    Json {
        operations: Operations,
        target: Selection,
        remembers: bool,
    },
    /// The namespace.
    Namespace {
        namespace: String,
        specs: Vec<FieldSpec>,
        unset_only: bool,
        subjects: Subjects,
    },
    /// A prefix of names.
    Prefix(String, Vec<FieldSpec>),
    /// A suffix of names.
    Suffix(String, Vec<FieldSpec>),
    /// Labels or annotations.
    Texts(TextKind, BTreeMap<String, String>, Vec<FieldSpec>),
    /// A count of replicas.
    Replicas(Replica, Vec<FieldSpec>),
    /// An image.
    Image(Image, Vec<FieldSpec>),
    /// Values copied between resources.
    Replacements(Vec<Replacement>),
    /// The suffixes of generated names.
    Hash,
    /// A text put into fields.
    ValueAdd(ValueAdd),
}

impl Step {
    /// Runs it on all resources.
    pub(in super::super) fn run(&self, set: &mut ResourceSet) -> Result<(), BuildError> {
        match self {
            Self::Strategic(patches) => patches.run(set),
            Self::Json {
                operations,
                target,
                remembers,
            } => operations.run(set, target, *remembers),
            Self::Namespace {
                namespace,
                specs,
                unset_only,
                subjects,
            } => namespace::run(set, namespace, specs, *unset_only, *subjects),
            Self::Prefix(prefix, specs) => name::prefix(set, prefix, specs),
            Self::Suffix(suffix, specs) => name::suffix(set, suffix, specs),
            Self::Texts(_, texts, specs) => label::run(set, texts, specs),
            Self::Replicas(replica, specs) => replica::run(set, replica, specs),
            Self::Image(image, specs) => image::run(set, image, specs),
            Self::Replacements(replacements) => replacement::run(set, replacements),
            Self::Hash => {
                hash::run(set);
                Ok(())
            }
            Self::ValueAdd(values) => values.run(set),
        }
    }

    /// The name of the transformer, for the annotation that tells what changed a resource.
    pub(in super::super) fn name(&self) -> &'static str {
        match self {
            Self::Strategic(patches) if patches.is_older() => "PatchStrategicMergeTransformer",
            Self::Strategic(_) => "PatchTransformer",
            Self::Json {
                remembers: true, ..
            } => "PatchTransformer",
            Self::Json { .. } => "PatchJson6902Transformer",
            Self::Namespace { .. } => "NamespaceTransformer",
            Self::Prefix(..) => "PrefixTransformer",
            Self::Suffix(..) => "SuffixTransformer",
            Self::Texts(TextKind::Labels, ..) => "LabelTransformer",
            Self::Texts(TextKind::Annotations, ..) => "AnnotationsTransformer",
            Self::Replicas(..) => "ReplicaCountTransformer",
            Self::Image(..) => "ImageTagTransformer",
            Self::Replacements(_) => "ReplacementTransformer",
            Self::Hash => "HashTransformer",
            Self::ValueAdd(_) => "ValueAddTransformer",
        }
    }
}

/// The transformers that the fields of a kustomization ask for, in the order in which they run, each with its field.
pub(in super::super) fn configure(
    file: &Kustomization,
    specs: &FieldSpecs,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<(String, Step)>, BuildError> {
    let mut steps = Vec::new();
    if !file.patches_strategic_merge.is_empty() {
        let patches = StrategicPatches::of_paths(&file.patches_strategic_merge, loader, context)
            .map_err(|error| error.of_field(|| "patchesStrategicMerge".to_owned()))?;
        steps.push(("patchesStrategicMerge".to_owned(), Step::Strategic(patches)));
    }
    for (index, entry) in file.patches.iter().enumerate() {
        let field = entry_of("patches", index, &entry.path);
        let made = super::patch::configure(entry, loader, context)
            .map_err(|error| error.of_field(|| field.clone()))?;
        steps.extend(made.into_iter().map(|step| (field.clone(), step)));
    }
    if !file.namespace.is_empty() {
        let step = Step::Namespace {
            namespace: file.namespace.clone(),
            specs: specs.namespace.clone(),
            unset_only: false,
            subjects: Subjects::Default,
        };
        steps.push(("namespace".to_owned(), step));
    }
    if !file.name_prefix.is_empty() {
        let specs = specs.name_prefix.clone();
        let step = Step::Prefix(file.name_prefix.clone(), specs);
        steps.push(("namePrefix".to_owned(), step));
    }
    if !file.name_suffix.is_empty() {
        let specs = specs.name_suffix.clone();
        let step = Step::Suffix(file.name_suffix.clone(), specs);
        steps.push(("nameSuffix".to_owned(), step));
    }
    if !file.labels.is_empty() || !file.common_labels.is_empty() {
        for (index, entry) in file.labels.iter().enumerate() {
            let field = entry_of("labels", index, "");
            let fields =
                label_specs(entry, specs).map_err(|error| error.of_field(|| field.clone()))?;
            let step = Step::Texts(TextKind::Labels, entry.pairs.clone(), fields);
            steps.push((field, step));
        }
        let step = Step::Texts(
            TextKind::Labels,
            file.common_labels.clone(),
            specs.common_labels.clone(),
        );
        steps.push(("commonLabels".to_owned(), step));
    }
    if !file.common_annotations.is_empty() {
        let step = Step::Texts(
            TextKind::Annotations,
            file.common_annotations.clone(),
            specs.common_annotations.clone(),
        );
        steps.push(("commonAnnotations".to_owned(), step));
    }
    for (index, entry) in file.patches_json6902.iter().enumerate() {
        let field = entry_of("patchesJson6902", index, &entry.path);
        let step = super::json_patch::configure(entry, loader, context)
            .map_err(|error| error.of_field(|| field.clone()))?;
        steps.push((field, step));
    }
    for (index, replica) in file.replicas.iter().enumerate() {
        let step = Step::Replicas(replica.clone(), specs.replicas.clone());
        steps.push((entry_of("replicas", index, ""), step));
    }
    for (index, image) in file.images.iter().enumerate() {
        let step = Step::Image(image.clone(), specs.images.clone());
        steps.push((entry_of("images", index, ""), step));
    }
    if !file.replacements.is_empty() {
        let replacements = replacement::load(&file.replacements, loader, context)?;
        steps.push(("replacements".to_owned(), Step::Replacements(replacements)));
    }
    Ok(steps)
}

/// An entry of a field, with the file that it names.
fn entry_of(field: &str, index: usize, path: &str) -> String {
    if path.is_empty() {
        format!("{field}[{index}]")
    } else {
        format!("{field}[{index}] ({path})")
    }
}

/// Where the labels of one entry go.
fn label_specs(entry: &Label, specs: &FieldSpecs) -> Result<Vec<FieldSpec>, BuildError> {
    let failed = |error: BuildError| error.under("failed to merge labels");
    let mut fields = entry.fields.clone();
    merge_all(&mut fields, specs.labels.clone()).map_err(failed)?;
    if entry.include_selectors {
        merge_all(&mut fields, specs.common_labels.clone()).map_err(failed)?;
    } else {
        if entry.include_templates {
            merge_all(&mut fields, specs.template_labels.clone())
                .map_err(|error| error.under("failed to merge template fieldSpec"))?;
        }
        let own = FieldSpec {
            path: "metadata/labels".to_owned(),
            create: true,
            ..FieldSpec::default()
        };
        merge_all(&mut fields, vec![own]).map_err(failed)?;
    }
    Ok(fields)
}
