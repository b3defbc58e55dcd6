//! Transformers, generators and validators that a kustomization names as objects of their own.
//!
//! Those of kustomize itself (`apiVersion: builtin`) work; others would be programs, and are refused.

use serde_json::{Map, Value};

use super::{
    accumulate::Accumulated,
    error::BuildError,
    field_specs::FieldSpecs,
    generator::{self, Kind},
    id::gvk_text,
    load::{Context, Loader},
    origin::Origin,
    parse,
    resource::Resource,
    target::Target,
    transformer::{self, Step, Subjects, TextKind, value_add},
};
use crate::api::kustomization::{FieldSpec, GeneratorArgs, Kustomization};

/// Kinds of generators that need Helm.
const HELM: &str = "HelmChartInflationGenerator";
/// Kinds that make resources and change none.
const GENERATORS: &[&str] = &[
    "ConfigMapGenerator",
    "SecretGenerator",
    "IAMPolicyGenerator",
    HELM,
];

/// The refusal of Helm charts.
pub(super) fn helm_refused() -> BuildError {
    BuildError::new(format!(
        "trouble configuring builtin {HELM} with config: `\n`: must specify --enable-helm"
    ))
}

/// The configuration objects behind paths and texts.
fn configurations(
    target: &Target,
    field: &str,
    entries: &[String],
    context: &mut Context<'_>,
) -> Result<Vec<Resource>, BuildError> {
    let mut all = Accumulated::default();
    let mut paths = Vec::new();
    for entry in entries {
        match parse::resources(entry.as_bytes(), &context.schema) {
            Ok(found) => all
                .set
                .append_all(found)
                .map_err(|error| error.under("configuring external transformer"))?,
            Err(_) => paths.push(entry.clone()),
        }
    }
    all = target.resources(all, field, &paths, context)?;
    Ok(all.set.take())
}

/// The objects that generators make.
pub(super) fn generated(
    target: &Target,
    entries: &[String],
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<Resource>, BuildError> {
    let mut made = Vec::new();
    let found = configurations(target, "generators", entries, context)
        .map_err(|error| error.under("loading generator plugins"))?;
    for config in found {
        check_builtin(&config)
            .map_err(|error| error.under("loading generator plugins: failed to load generator"))?;
        if config.kind() == "IAMPolicyGenerator" {
            let mut resource = generator::service_account(&config.value, &context.schema)?;
            resource.origin = target.configured_by(&config);
            made.push(resource);
            continue;
        }
        let kind = match config.kind() {
            "ConfigMapGenerator" => Kind::ConfigMap,
            "SecretGenerator" => Kind::Secret,
            HELM => return Err(helm_refused()),
            _ => {
                return Err(BuildError::new(format!(
                    "loading generator plugins: failed to load generator: plugin {} not a generator",
                    config.id()
                )));
            }
        };
        let mut args: GeneratorArgs = read(&config, &config.value)?;
        args.name = config.name();
        args.namespace = config.namespace();
        if !args.env.is_empty() {
            args.envs.push(std::mem::take(&mut args.env));
        }
        let mut resource = generator::generate(kind, &args, None, loader, context)?;
        resource.origin = target.configured_by(&config);
        made.push(resource);
    }
    Ok(made)
}

/// The transformers that entries of `transformers` or `validators` stand for, each with what the annotations say
/// of it.
pub(super) fn transformers(
    target: &Target,
    field: &str,
    entries: &[String],
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<(Option<Origin>, Step)>, BuildError> {
    let mut steps = Vec::new();
    for config in configurations(target, field, entries, context)? {
        check_builtin(&config)?;
        if GENERATORS.contains(&config.kind()) {
            return Err(BuildError::new(format!(
                "plugin {} not a transformer",
                config.id()
            )));
        }
        let made = step(&config, loader, context)
            .map_err(|error| error.under(format!("plugin {} fails configuration", config.id())))?;
        let origin = target.configured_by(&config);
        steps.extend(made.into_iter().map(|step| (origin.clone(), step)));
    }
    Ok(steps)
}

fn check_builtin(config: &Resource) -> Result<(), BuildError> {
    if config.api_version() == "builtin" {
        return Ok(());
    }
    Err(BuildError::new(format!(
        "external plugins disabled; unable to load external plugin '{}'",
        config.kind()
    )))
}

fn read<T: serde::de::DeserializeOwned>(config: &Resource, value: &Value) -> Result<T, BuildError> {
    serde_json::from_value(value.clone())
        .map_err(|error| BuildError::new(format!("plugin {}: {error}", config.id())))
}

/// The steps of one object; what needs no field specs goes the way of the kustomization's own fields.
fn step(
    config: &Resource,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<Step>, BuildError> {
    let field = |name: &str| config.value.get(name).filter(|value| !value.is_null());
    let text = |name: &str| field(name).map(super::scalar::text).unwrap_or_default();
    let specs: Vec<FieldSpec> = match field("fieldSpecs") {
        Some(list) => read(config, list)?,
        None => Vec::new(),
    };
    let texts = |name: &str| match field(name) {
        Some(map) => read(config, map),
        None => Ok(std::collections::BTreeMap::new()),
    };
    let needed = |specs: Vec<FieldSpec>| {
        if field("fieldSpecs").is_some() {
            Ok(specs)
        } else {
            Err(BuildError::new("fieldSpecs is not expected to be nil"))
        }
    };
    let as_file = |name: &str, entry: Value, context: &mut Context<'_>| {
        let mut fields = Map::new();
        fields.insert(name.to_owned(), entry);
        let file: Kustomization = read(config, &Value::Object(fields))?;
        let steps = transformer::configure(&file, &FieldSpecs::default(), loader, context)?;
        Ok::<_, BuildError>(steps.into_iter().map(|(_, step)| step).collect())
    };
    Ok(match config.kind() {
        "NamespaceTransformer" => vec![Step::Namespace {
            namespace: config.namespace(),
            specs,
            unset_only: field("unsetOnly").and_then(Value::as_bool) == Some(true),
            subjects: match text("setRoleBindingSubjects").as_str() {
                "" | "defaultOnly" => Subjects::Default,
                "allServiceAccounts" => Subjects::ServiceAccounts,
                "none" => Subjects::None,
                other => {
                    return Err(BuildError::new(format!(
                        "invalid value {other:?} for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \"allServiceAccounts\""
                    )));
                }
            },
        }],
        "PrefixTransformer" => vec![Step::Prefix(text("prefix"), needed(specs)?)],
        "SuffixTransformer" => vec![Step::Suffix(text("suffix"), needed(specs)?)],
        "PrefixSuffixTransformer" => {
            let specs = needed(specs)?;
            vec![
                Step::Prefix(text("prefix"), specs.clone()),
                Step::Suffix(text("suffix"), specs),
            ]
        }
        "LabelTransformer" => {
            vec![Step::Texts(TextKind::Labels, texts("labels")?, specs)]
        }
        "AnnotationsTransformer" => vec![Step::Texts(
            TextKind::Annotations,
            texts("annotations")?,
            specs,
        )],
        "ReplicaCountTransformer" => match field("replica") {
            Some(replica) => vec![Step::Replicas(read(config, replica)?, specs)],
            None => Vec::new(),
        },
        "ImageTagTransformer" => match field("imageTag") {
            Some(image) => vec![Step::Image(read(config, image)?, specs)],
            None => Vec::new(),
        },
        "HashTransformer" => vec![Step::Hash],
        "ValueAddTransformer" => {
            let targets = value_add::configure(&config.value, loader, context)?;
            vec![Step::ValueAdd(targets)]
        }
        "PatchTransformer" => {
            as_file("patches", Value::Array(vec![config.value.clone()]), context)?
        }
        "PatchStrategicMergeTransformer" => {
            let mut entries: Vec<String> = match field("paths") {
                Some(paths) => read(config, paths)?,
                None => Vec::new(),
            };
            if !text("patches").is_empty() {
                entries.push(text("patches"));
            }
            if entries.is_empty() {
                return Err(BuildError::new("empty file path and empty patch content"));
            }
            as_file("patchesStrategicMerge", Value::from(entries), context)?
        }
        "PatchJson6902Transformer" => {
            let mut entry = config.value.clone();
            if let Some(fields) = entry.as_object_mut() {
                fields.insert("patch".to_owned(), Value::String(text("jsonOp")));
            }
            as_file("patchesJson6902", Value::Array(vec![entry]), context)?
        }
        "ReplacementTransformer" => {
            let list = field("replacements").cloned().unwrap_or(Value::Null);
            let list: Vec<_> = match list {
                Value::Null => Vec::new(),
                list => read(config, &list)?,
            };
            let list = transformer::load_replacements(&list, loader, context)?;
            vec![Step::Replacements(list)]
        }
        _ => {
            return Err(BuildError::new(format!(
                "unable to load builtin {}",
                gvk_text(&config.gvk())
            )));
        }
    })
}
