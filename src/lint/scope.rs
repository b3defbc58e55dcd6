//! The scope that annotations ask for, as the linter needs it: how it is written matters too.

use serde_json::Value;

pub use crate::api::scope::Scope;
use crate::api::sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE};

/// The scope that annotations ask for; only the exact text `true` counts, and cluster-wide wins.
pub fn scope_of(annotations: Option<&Value>) -> Scope {
    Scope::said_by(|name| annotations?.get(name)?.as_str())
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
