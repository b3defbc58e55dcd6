//! The scope that annotations ask for, as the linter needs it: how it is written matters too.

use std::fmt;

use serde_json::Value;

use crate::api::sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE, TRUE};

/// Where a sealed secret may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Under its own name in its own namespace.
    Strict,
    /// Under any name in its namespace.
    NamespaceWide,
    /// Anywhere.
    ClusterWide,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        })
    }
}

/// The scope that annotations ask for; only the exact text `true` counts, and cluster-wide wins.
pub fn scope_of(annotations: Option<&Value>) -> Scope {
    let is_set = |name: &str| {
        annotations
            .and_then(|annotations| annotations.get(name))
            .and_then(Value::as_str)
            == Some(TRUE)
    };
    if is_set(CLUSTER_WIDE) {
        Scope::ClusterWide
    } else if is_set(NAMESPACE_WIDE) {
        Scope::NamespaceWide
    } else {
        Scope::Strict
    }
}

/// Whether annotations say anything about the scope.
pub fn is_stated(annotations: Option<&Value>) -> bool {
    let has = |name: &str| {
        annotations
            .and_then(|annotations| annotations.get(name))
            .is_some()
    };
    has(CLUSTER_WIDE) || has(NAMESPACE_WIDE)
}
