//! The transformers of one kustomization, ready to run: all are read before the first one runs.

use std::collections::BTreeMap;

use super::{
    super::{
        error::BuildError,
        field_specs::{FieldSpecs, merge_all},
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
        }
    }
}

/// The transformers that the fields of a kustomization ask for, in the order in which they run.
pub(in super::super) fn configure(
    file: &Kustomization,
    specs: &FieldSpecs,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<Step>, BuildError> {
    let mut steps = Vec::new();
    if !file.patches_strategic_merge.is_empty() {
        let patches = StrategicPatches::of_paths(&file.patches_strategic_merge, loader, context)?;
        steps.push(Step::Strategic(patches));
    }
    for entry in &file.patches {
        steps.extend(super::patch::configure(entry, loader, context)?);
    }
    if !file.namespace.is_empty() {
        steps.push(Step::Namespace {
            namespace: file.namespace.clone(),
            specs: specs.namespace.clone(),
            unset_only: false,
            subjects: Subjects::Default,
        });
    }
    if !file.name_prefix.is_empty() {
        let specs = specs.name_prefix.clone();
        steps.push(Step::Prefix(file.name_prefix.clone(), specs));
    }
    if !file.name_suffix.is_empty() {
        let specs = specs.name_suffix.clone();
        steps.push(Step::Suffix(file.name_suffix.clone(), specs));
    }
    if !file.labels.is_empty() || !file.common_labels.is_empty() {
        for entry in &file.labels {
            let fields = label_specs(entry, specs)?;
            steps.push(Step::Texts(TextKind::Labels, entry.pairs.clone(), fields));
        }
        steps.push(Step::Texts(
            TextKind::Labels,
            file.common_labels.clone(),
            specs.common_labels.clone(),
        ));
    }
    if !file.common_annotations.is_empty() {
        steps.push(Step::Texts(
            TextKind::Annotations,
            file.common_annotations.clone(),
            specs.common_annotations.clone(),
        ));
    }
    for entry in &file.patches_json6902 {
        steps.push(super::json_patch::configure(entry, loader, context)?);
    }
    for replica in &file.replicas {
        steps.push(Step::Replicas(replica.clone(), specs.replicas.clone()));
    }
    for image in &file.images {
        steps.push(Step::Image(image.clone(), specs.images.clone()));
    }
    if !file.replacements.is_empty() {
        let replacements = replacement::load(&file.replacements, loader, context)?;
        steps.push(Step::Replacements(replacements));
    }
    Ok(steps)
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
