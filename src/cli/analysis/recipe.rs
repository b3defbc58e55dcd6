//! Where a template comes from: a file, or a cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    api::{
        analysis::{cluster_template_gvk, template_gvk},
        rollout::{GROUP, VERSION},
    },
    cli::{Failure, access::Connection},
    cluster::Cluster,
    object::{
        Object, ObjectRef,
        yaml::{self, ReadOptions},
    },
    rollout::{
        analysis_run,
        compose::{self, Found},
    },
};

/// The namespace of what is read from a file and names none.
const NO_NAMESPACE: &str = "default";

/// What was typed.
#[derive(Debug)]
pub struct Place {
    pub template: String,
    pub cluster_scope: bool,
    pub connection: Connection,
}

/// A template with all that it names.
pub struct Recipe {
    named: Value,
    namespace: String,
    found: Found,
    cluster: Option<Cluster>,
}

/// Reads a template.
///
/// # Errors
/// It is not there, or cannot be read.
pub async fn read(place: &Place) -> Result<Recipe, Failure> {
    let template = &place.template;
    let is_file = template.contains('/')
        || [".yaml", ".yml", ".json"]
            .iter()
            .any(|end| template.ends_with(end));
    if is_file {
        return from_file(place);
    }
    let reached = place.connection.place().await?;
    let cluster = reached.cluster;
    let mut recipe = Recipe {
        named: json!([{"templateName": template, "clusterScope": place.cluster_scope}]),
        namespace: reached.namespace,
        found: Found::new(),
        cluster: None,
    };
    loop {
        let missing = compose::missing_of(recipe.list(), Some(&recipe.namespace), &recipe.found);
        if missing.is_empty() {
            break;
        }
        for target in missing {
            let object = get(&cluster, &target).await?;
            recipe.found.insert(target, object);
        }
    }
    recipe.cluster = Some(cluster);
    Ok(recipe)
}

async fn get(cluster: &Cluster, target: &ObjectRef) -> Result<Option<Object>, Failure> {
    let read = cluster.get(target).await;
    read.map_err(|error| Failure::new(format!("failed to read {target}")).because(error))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a face reads the file that it is given"
)]
fn from_file(place: &Place) -> Result<Recipe, Failure> {
    let file = &place.template;
    let failed = || Failure::new(format!("failed to read {file}"));
    let bytes = std::fs::read(file).map_err(|error| failed().because(error))?;
    let documents =
        yaml::read(&bytes, &ReadOptions::default()).map_err(|error| failed().because(error))?;
    let namespace = place.connection.namespace().unwrap_or(NO_NAMESPACE);
    let mut recipe = Recipe {
        named: json!([]),
        namespace: namespace.to_owned(),
        found: Found::new(),
        cluster: None,
    };
    for document in documents {
        let Ok(object) = Object::from_value(document.value) else {
            continue;
        };
        let gvk = object.gvk();
        let is_of_cluster = gvk == cluster_template_gvk();
        if !is_of_cluster && gvk != template_gvk() {
            continue;
        }
        // The first one is meant, the others are what it names.
        if recipe.list().is_empty() {
            recipe.named = json!([{"templateName": object.name(), "clusterScope": is_of_cluster}]);
        }
        let namespace = (!is_of_cluster).then_some(recipe.namespace.as_str());
        let target = ObjectRef::new(gvk, namespace, object.name());
        recipe.found.insert(target, Some(object));
    }
    if recipe.list().is_empty() {
        return Err(Failure::new(format!("{file} has no AnalysisTemplate")));
    }
    Ok(recipe)
}

impl Recipe {
    fn list(&self) -> &[Value] {
        self.named.as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// An AnalysisRun of the template, which is in no cluster.
    ///
    /// # Errors
    /// The template cannot be composed.
    pub fn run(&self, args: &[Value]) -> Result<Object, Failure> {
        let failed = |error: compose::ComposeError| {
            let failure = Failure::new("failed to compose the analysis");
            let failure = match &error {
                compose::ComposeError::Unresolved(name) => {
                    failure.hint(format!("give it with --arg {name}=VALUE"))
                }
                _ => failure,
            };
            failure.because(error)
        };
        let namespace = Some(self.namespace.as_str());
        let templates = compose::templates(self.list(), namespace, &self.found).map_err(failed)?;
        all_known(args, &templates)?;
        let mut spec = compose::spec_with(&templates, args, &[], &[]).map_err(failed)?;
        let given: Vec<&str> = args
            .iter()
            .filter_map(|arg| arg.get("name")?.as_str())
            .collect();
        let own = spec.get_mut("args").and_then(Value::as_array_mut);
        for arg in own.into_iter().flatten().filter_map(Value::as_object_mut) {
            let name = arg.get("name").and_then(Value::as_str);
            // What was typed goes over a Secret too.
            if name.is_some_and(|name| given.contains(&name)) {
                arg.remove("valueFrom");
            }
        }
        let name = templates.first().map_or("analysis", Object::name);
        Object::from_value(json!({
            "apiVersion": format!("{GROUP}/{VERSION}"), "kind": "AnalysisRun",
            "metadata": {"name": name, "namespace": self.namespace}, "spec": spec,
        }))
        .map_err(|error| Failure::new("failed to compose the analysis").because(error))
    }

    /// The Secrets that a run takes values from; none without a cluster.
    ///
    /// # Errors
    /// One cannot be read.
    pub async fn secrets(
        &self,
        run: &Object,
    ) -> Result<BTreeMap<ObjectRef, Option<Object>>, Failure> {
        let mut secrets = BTreeMap::new();
        for target in analysis_run::needs(run) {
            let found = match &self.cluster {
                Some(cluster) => get(cluster, &target).await?,
                None => None,
            };
            secrets.insert(target, found);
        }
        Ok(secrets)
    }
}

/// Whether each argument that was typed is one of the templates: in a Rollout another one is passed over, at the desk it
/// is a slip.
fn all_known(args: &[Value], templates: &[Object]) -> Result<(), Failure> {
    fn name(arg: &Value) -> Option<&str> {
        arg.get("name").and_then(Value::as_str)
    }
    let own = templates
        .iter()
        .filter_map(|template| template.at(&["spec", "args"])?.as_array());
    let known: BTreeSet<&str> = own.flatten().filter_map(name).collect();
    let Some(unknown) = args
        .iter()
        .filter_map(name)
        .find(|arg| !known.contains(arg))
    else {
        return Ok(());
    };
    let known: Vec<&str> = known.into_iter().collect();
    let hint = match known.as_slice() {
        [] => "the template has no arguments".to_owned(),
        known => format!("the template has {}", known.join(", ")),
    };
    Err(Failure::new(format!("unknown argument {unknown:?}")).hint(hint))
}
