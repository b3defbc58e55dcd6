//! The namespace that a kubeconfig gives, read without a client, for that is all that sealing offline needs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    failure::Failure,
    files::{MAX_KEY_BYTES, read_file},
    options::ClusterFlags,
};
use crate::object::yaml::{self, ReadOptions};

/// The namespace that a pod is told of.
const POD_NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// What stands in for a context without a namespace.
const DEFAULT_NAMESPACE: &str = "default";

/// What clientcmd says when there is no kubeconfig at all.
pub const NO_CONFIGURATION: &str = "invalid configuration: no configuration has been provided, \
     try setting KUBERNETES_MASTER environment variable";

/// Environment variables, for one who may read them.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The files that make up the configuration: the one that is named, else those of `KUBECONFIG`, else the
/// one in the home folder. Files that are not there are left out, unless it is the named one.
///
/// # Errors
/// The named file cannot be read.
pub fn files(kubeconfig: &str, environment: Environment<'_>) -> Result<Vec<String>, Failure> {
    if !kubeconfig.is_empty() {
        return match std::path::Path::new(kubeconfig).metadata() {
            Ok(_) => Ok(vec![kubeconfig.to_owned()]),
            Err(error) => Err(Failure::file("stat", kubeconfig, &error)),
        };
    }
    let candidates = match environment("KUBECONFIG").filter(|list| !list.is_empty()) {
        Some(list) => list.split(':').map(str::to_owned).collect(),
        None => match environment("HOME") {
            Some(home) => vec![format!("{home}/.kube/config")],
            None => Vec::new(),
        },
    };
    Ok(candidates
        .into_iter()
        .filter(|path| std::path::Path::new(path).exists())
        .collect())
}

/// The namespace by flag or variable, kubeconfig, pod, or `default`; `None` when nothing is configured.
///
/// Mirrors `DeferredLoadingClientConfig.Namespace` of client-go.
///
/// # Errors
/// The configuration cannot be read, or has not the context that was asked for.
pub fn namespace(
    flags: &ClusterFlags,
    environment: Environment<'_>,
) -> Result<Option<String>, Failure> {
    if !flags.namespace.is_empty() {
        return Ok(Some(flags.namespace.clone()));
    }
    let files = files(&flags.kubeconfig, environment)?;
    let Some(config) = Contexts::read(&files)? else {
        return Ok(pod_namespace(environment));
    };
    let current = match flags.context.as_str() {
        "" => config.current.as_str(),
        named => named,
    };
    match config.namespaces.get(current) {
        Some(namespace) if !namespace.is_empty() => Ok(Some(namespace.clone())),
        None if !flags.context.is_empty() => Err(Failure(format!(
            "invalid configuration: [context was not found for specified context: {current}, \
             cluster has no server defined]"
        ))),
        _ => Ok(Some(
            pod_namespace(environment).unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()),
        )),
    }
}

fn pod_namespace(environment: Environment<'_>) -> Option<String> {
    environment("KUBERNETES_SERVICE_HOST")?;
    environment("KUBERNETES_SERVICE_PORT")?;
    let bytes = read_file(POD_NAMESPACE_FILE, MAX_KEY_BYTES).ok()?;
    let namespace = String::from_utf8(bytes).ok()?.trim().to_owned();
    (!namespace.is_empty()).then_some(namespace)
}

/// What a set of kubeconfigs says about contexts; the first that says a thing is right.
struct Contexts {
    current: String,
    namespaces: BTreeMap<String, String>,
}

impl Contexts {
    /// Reads the files; `None` when none of them says anything.
    fn read(files: &[String]) -> Result<Option<Self>, Failure> {
        let mut all = Self {
            current: String::new(),
            namespaces: BTreeMap::new(),
        };
        let mut is_empty = true;
        for file in files {
            let failed = |error: &dyn std::fmt::Display| {
                Failure(format!("error loading config file \"{file}\": {error}"))
            };
            let bytes = read_file(file, MAX_KEY_BYTES)?;
            let documents =
                yaml::read(&bytes, &ReadOptions::default()).map_err(|error| failed(&error))?;
            for document in documents {
                is_empty &= document.value.get("contexts").is_none_or(is_blank)
                    && document.value.get("clusters").is_none_or(is_blank);
                all.add(&document.value);
            }
        }
        Ok((!is_empty).then_some(all))
    }

    fn add(&mut self, config: &Value) {
        if let (true, Some(current)) = (
            self.current.is_empty(),
            config.get("current-context").and_then(Value::as_str),
        ) {
            self.current = current.to_owned();
        }
        let contexts = config.get("contexts").and_then(Value::as_array);
        for entry in contexts.into_iter().flatten() {
            let Some(name) = entry.get("name").and_then(Value::as_str) else {
                continue;
            };
            let namespace = entry
                .get("context")
                .and_then(|context| context.get("namespace"))
                .and_then(Value::as_str)
                .unwrap_or("");
            self.namespaces
                .entry(name.to_owned())
                .or_insert_with(|| namespace.to_owned());
        }
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}
