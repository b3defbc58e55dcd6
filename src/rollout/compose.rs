//! From recipes and arguments to the spec of an AnalysisRun (upstream `utils/analysis/{helpers,factory}.go`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::{Object, ObjectRef};

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
    #[error("{kind}.argoproj.io \"{name}\" not found")]
    NotFound {
        /// `analysistemplate` or `clusteranalysistemplate`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Anything else.
    #[error("{0}")]
    Invalid(String),
}

/// The recipes that all analyses of a Rollout name and that are not among `found`; ask again after each look,
/// until none is left: recipes name further ones.
pub fn needs(_rollout: &Object, _found: &Found) -> Vec<ObjectRef> {
    Vec::new()
}

/// The recipes of one analysis (`templates`: its list of `{templateName, clusterScope}`), nested ones included,
/// each once, those of the namespace before those of the cluster.
///
/// # Errors
/// [`ComposeError::NotFound`].
pub fn templates(
    _templates: &[Value],
    _namespace: Option<&str>,
    _found: &Found,
) -> Result<Vec<Object>, ComposeError> {
    Ok(Vec::new())
}

/// The `spec` of an AnalysisRun: `metrics`, `args`, `dryRun`, `measurementRetention`.
///
/// `args`, `dry_run` and `retention` are the lists of a Rollout's analysis, as they stand there.
///
/// # Errors
/// [`ComposeError`], whose text is the original's.
pub fn run_spec(
    _templates: &[Object],
    _args: &[Value],
    _rollout: &Object,
    _hashes: Hashes<'_>,
    _dry_run: &[Value],
    _retention: &[Value],
) -> Result<Value, ComposeError> {
    Ok(Value::Null)
}
