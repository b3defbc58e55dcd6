//! From recipes and arguments to the spec of an AnalysisRun (upstream `utils/analysis/{helpers,factory}.go`).

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use serde_json::{Map, Value, json};

use super::argument;
use crate::{
    api::analysis::{cluster_template_gvk, template_gvk},
    object::{Object, ObjectRef},
};

/// What has been looked up so far: `None` for what is not there.
pub type Found = BTreeMap<ObjectRef, Option<Object>>;

/// The pod template hashes that arguments may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hashes<'a> {
    /// Of the stable ReplicaSet.
    pub stable: &'a str,
    /// Of the newest ReplicaSet.
    pub latest: &'a str,
}

/// Why no run can be composed, in the original's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A recipe is not there.
    #[error("{kind} '{name}' not found")]
    NotFound {
        /// `AnalysisTemplate` or `ClusterAnalysisTemplate`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// Two recipes name one metric.
    #[error("two metrics have the same name '{0}'")]
    SameMetric(String),
    /// Two rules have one name.
    #[error("two {rule} metric rules have the same name '{name}'")]
    SameRule {
        /// `Dry-Run` or `Measurement Retention`.
        rule: &'static str,
        /// The name.
        name: String,
    },
    /// Two recipes give an argument different values.
    #[error(
        "Argument `{name}` specified multiple times with different values: '{first}', '{second}'"
    )]
    SameArgument {
        /// Its name.
        name: String,
        /// The value found first.
        first: String,
        /// The value found later.
        second: String,
    },
    /// An argument has no value.
    #[error("args.{0} was not resolved")]
    Unresolved(String),
    /// An argument of the Rollout has no value.
    #[error(transparent)]
    Argument(#[from] argument::ArgumentError),
}

/// The recipes that all analyses of a Rollout name and that are not among `found`; ask again after each look,
/// until none is left: recipes name further ones.
pub fn needs(rollout: &Object, found: &Found) -> Vec<ObjectRef> {
    let strategy = |path: &[&str]| {
        let whole: Vec<&str> = ["spec", "strategy"]
            .into_iter()
            .chain(path.iter().copied())
            .collect();
        rollout.at(&whole)
    };
    let steps = strategy(&["canary", "steps"]).and_then(Value::as_array);
    let analyses = [
        strategy(&["canary", "analysis"]),
        strategy(&["blueGreen", "prePromotionAnalysis"]),
        strategy(&["blueGreen", "postPromotionAnalysis"]),
    ];
    let of_steps = steps.into_iter().flatten().map(|step| step.get("analysis"));
    let mut missing = BTreeSet::new();
    for analysis in analyses.into_iter().chain(of_steps).flatten() {
        let named = list(analysis, "templates");
        missing.extend(missing_of(named, rollout.namespace(), found));
    }
    missing.into_iter().collect()
}

/// As [`needs`], for one list of `{templateName, clusterScope}`.
pub fn missing_of(named: &[Value], namespace: Option<&str>, found: &Found) -> Vec<ObjectRef> {
    let mut missing = Vec::new();
    let outcome = walk(named, namespace, &mut BTreeSet::new(), &mut |target| {
        let looked_up = found.get(target);
        if looked_up.is_none() {
            missing.push(target.clone());
        }
        Ok::<_, Infallible>(looked_up.and_then(Option::as_ref))
    });
    let Ok(()) = outcome;
    missing
}

/// The recipes of one analysis (`named`: its list of `{templateName, clusterScope}`), nested ones included, each
/// once, those of the namespace before those of the cluster.
///
/// # Errors
/// [`ComposeError::NotFound`].
pub fn templates(
    named: &[Value],
    namespace: Option<&str>,
    found: &Found,
) -> Result<Vec<Object>, ComposeError> {
    let mut gathered: Vec<&Object> = Vec::new();
    walk(named, namespace, &mut BTreeSet::new(), &mut |target| {
        let template = found.get(target).and_then(Option::as_ref);
        let template = template.ok_or_else(|| ComposeError::NotFound {
            kind: target.gvk.kind.clone(),
            name: target.name.clone(),
        })?;
        gathered.push(template);
        Ok::<_, ComposeError>(Some(template))
    })?;
    let (own, of_cluster): (Vec<_>, Vec<_>) = gathered
        .into_iter()
        .partition(|template| template.gvk() == template_gvk());
    Ok(own.into_iter().chain(of_cluster).cloned().collect())
}

/// Visits what a list names and what that names in turn, each once, so that a circle ends.
fn walk<'a, E>(
    named: &[Value],
    namespace: Option<&str>,
    seen: &mut BTreeSet<ObjectRef>,
    visit: &mut impl FnMut(&ObjectRef) -> Result<Option<&'a Object>, E>,
) -> Result<(), E> {
    for reference in named {
        let target = reference_of(reference, namespace);
        if !seen.insert(target.clone()) {
            continue;
        }
        if let Some(template) = visit(&target)? {
            let spec = template.at(&["spec"]).unwrap_or(&Value::Null);
            walk(list(spec, "templates"), namespace, seen, visit)?;
        }
    }
    Ok(())
}

fn reference_of(reference: &Value, namespace: Option<&str>) -> ObjectRef {
    let name = text(reference, "templateName");
    match reference.get("clusterScope").and_then(Value::as_bool) {
        Some(true) => ObjectRef::new(cluster_template_gvk(), None, name),
        _ => ObjectRef::new(template_gvk(), namespace, name),
    }
}

/// The `spec` of an AnalysisRun: `metrics`, `args`, `dryRun`, `measurementRetention`.
///
/// `args`, `dry_run` and `retention` are the lists of a Rollout's analysis, as they stand there.
///
/// # Errors
/// [`ComposeError`], whose text is the original's.
pub fn run_spec(
    templates: &[Object],
    args: &[Value],
    rollout: &Object,
    hashes: Hashes<'_>,
    dry_run: &[Value],
    retention: &[Value],
) -> Result<Value, ComposeError> {
    let given = args
        .iter()
        .map(|arg| argument::of_rollout(arg, rollout, hashes))
        .collect::<Result<Vec<_>, _>>()?;
    spec_with(templates, &given, dry_run, retention)
}

/// As [`run_spec`], with arguments that have their values: `{name, value}`.
///
/// # Errors
/// As [`run_spec`].
pub fn spec_with(
    templates: &[Object],
    args: &[Value],
    dry_run: &[Value],
    retention: &[Value],
) -> Result<Value, ComposeError> {
    let metrics = metrics(templates)?;
    let dry_run = rules("Dry-Run", dry_run, "dryRun", templates)?;
    let retention = rules(
        "Measurement Retention",
        retention,
        "measurementRetention",
        templates,
    )?;
    let args = merge(args, own_args(templates)?)?;
    let mut spec = Map::from_iter([("metrics".to_owned(), Value::Array(metrics))]);
    for (field, list) in [
        ("args", args),
        ("dryRun", dry_run),
        ("measurementRetention", retention),
    ] {
        if !list.is_empty() {
            spec.insert(field.to_owned(), Value::Array(list));
        }
    }
    Ok(Value::Object(spec))
}

fn metrics(templates: &[Object]) -> Result<Vec<Value>, ComposeError> {
    let mut names = BTreeSet::new();
    let mut metrics = Vec::new();
    for metric in gathered(templates, "metrics") {
        let name = text(metric, "name");
        if !names.insert(name) {
            return Err(ComposeError::SameMetric(name.to_owned()));
        }
        metrics.push(metric.clone());
    }
    Ok(metrics)
}

/// The rules of the analysis, then those of its recipes.
fn rules(
    rule: &'static str,
    given: &[Value],
    field: &str,
    templates: &[Object],
) -> Result<Vec<Value>, ComposeError> {
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for found in given.iter().chain(gathered(templates, field)) {
        let name = text(found, "metricName");
        if !names.insert(name) {
            return Err(ComposeError::SameRule {
                rule,
                name: name.to_owned(),
            });
        }
        rules.push(found.clone());
    }
    Ok(rules)
}

/// The arguments that recipes declare, each once.
fn own_args(templates: &[Object]) -> Result<Vec<Value>, ComposeError> {
    let mut args: Vec<Value> = Vec::new();
    for arg in gathered(templates, "args") {
        let name = text(arg, "name");
        let Some(before) = args.iter_mut().find(|before| text(before, "name") == name) else {
            args.push(arg.clone());
            continue;
        };
        match (value(before), value(arg)) {
            (Some(first), Some(second)) if first != second => {
                return Err(ComposeError::SameArgument {
                    name: name.to_owned(),
                    first: first.to_owned(),
                    second: second.to_owned(),
                });
            }
            (None, _) => *before = arg.clone(),
            _ => {}
        }
    }
    Ok(args)
}

/// Puts given values over declared ones; those that are not declared are left out.
fn merge(given: &[Value], declared: Vec<Value>) -> Result<Vec<Value>, ComposeError> {
    let mut args = declared;
    for arg in given {
        let name = text(arg, "name");
        let Some(own) = args.iter_mut().find(|own| text(own, "name") == name) else {
            continue;
        };
        for field in ["value", "valueFrom"] {
            if let Some(value) = arg.get(field).filter(|value| !value.is_null()) {
                if let Some(own) = own.as_object_mut() {
                    own.insert(field.to_owned(), value.clone());
                }
                break;
            }
        }
    }
    let has = |arg: &Value, field: &str| arg.get(field).is_some_and(|value| !value.is_null());
    match args
        .iter()
        .find(|arg| !has(arg, "value") && !has(arg, "valueFrom"))
    {
        Some(arg) => Err(ComposeError::Unresolved(text(arg, "name").to_owned())),
        None => Ok(args),
    }
}

fn gathered<'a>(templates: &'a [Object], field: &'a str) -> impl Iterator<Item = &'a Value> {
    templates
        .iter()
        .filter_map(|template| template.at(&["spec"]))
        .flat_map(move |spec| list(spec, field))
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value
        .get(field)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn value(arg: &Value) -> Option<&str> {
    arg.get("value").and_then(Value::as_str)
}

/// An argument with its value.
pub fn given(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

#[cfg(test)]
mod tests;
