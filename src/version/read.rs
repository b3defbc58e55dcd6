//! Reading a version: its number, its marks, and who has rejected it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::name::number_of;
use crate::{
    api::version::{
        ADOPTED, DESIRED, GIVEN, LAST_VERSION, PROMOTE, PROMOTED, REJECTED, SEALED_FROM, TRUE,
    },
    object::Object,
};

/// One version as it stands in the cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Version<'a> {
    /// Its number.
    pub number: u64,
    /// The Secret that holds it.
    pub object: &'a Object,
}

/// That a Rollout was aborted on a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rejection {
    /// Uid of the Rollout.
    pub uid: String,
    /// The revision that was aborted.
    pub revision: String,
    /// Why, as the Rollout says it.
    pub message: String,
    /// Whether the pod template was another one too.
    pub template_changed: bool,
}

/// The versions of a secret among labelled Secrets, by number; what only looks like one is left out.
pub fn versions<'a>(secret: &str, labelled: &'a [Object]) -> BTreeMap<u64, Version<'a>> {
    labelled
        .iter()
        .filter_map(|object| {
            let number = number_of(object, secret)?;
            Some((number, Version { number, object }))
        })
        .collect()
}

impl Version<'_> {
    /// Whether the SealedSecret asks for it.
    pub fn is_desired(&self) -> bool {
        self.object.label(DESIRED) == Some(TRUE)
    }

    /// Whether the plain Secret holds it.
    pub fn is_promoted(&self) -> bool {
        self.object.label(PROMOTED) == Some(TRUE)
    }

    /// Whether a ReplicaSet that names the plain Secret counts as made with it.
    pub fn is_adopted(&self) -> bool {
        self.object.annotation(ADOPTED) == Some(TRUE)
    }

    /// Whether some ReplicaSet has ever named it.
    pub fn is_given(&self) -> bool {
        self.object.annotation(GIVEN) == Some(TRUE)
    }

    /// Whether somebody asks for its promotion.
    pub fn is_asked_for(&self) -> bool {
        self.object.annotation(PROMOTE) == Some(TRUE)
    }

    /// The sealed input that it was last opened from.
    pub fn sealed_from(&self) -> &str {
        self.object.annotation(SEALED_FROM).unwrap_or_default()
    }

    /// The highest number that was given when it was last written.
    pub fn last(&self) -> u64 {
        number(self.object, LAST_VERSION).unwrap_or(0)
    }

    /// Who has rejected it, by the name of the Rollout.
    pub fn rejections(&self) -> BTreeMap<String, Rejection> {
        self.object
            .annotation(REJECTED)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }
}

/// A number that an annotation says.
pub fn number(object: &Object, annotation: &str) -> Option<u64> {
    object.annotation(annotation)?.parse().ok()
}

/// Rejections as an annotation holds them.
pub fn written(rejections: &BTreeMap<String, Rejection>) -> Value {
    if rejections.is_empty() {
        return Value::Null;
    }
    serde_json::to_string(rejections).map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_count_only_with_the_value_true() {
        let version = |labels: Value, annotations: Value| {
            Object::from_value(json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": "db-v1", "labels": labels, "annotations": annotations}}))
            .unwrap()
        };
        let marked = version(
            json!({DESIRED: "true", PROMOTED: "true"}),
            json!({GIVEN: "true", LAST_VERSION: "7", REJECTED: "{\"web\":{\"revision\":\"2\"}}"}),
        );
        let version = |object| Version { number: 1, object };
        let read = version(&marked);
        assert!(read.is_desired() && read.is_promoted() && read.is_given());
        assert!(!read.is_adopted() && !read.is_asked_for());
        assert_eq!(read.last(), 7);
        assert_eq!(read.rejections()["web"].revision, "2");
        let mut other = marked.clone();
        other.set(&["metadata", "labels", DESIRED], "yes".into());
        other.set(&["metadata", "annotations", REJECTED], "{broken".into());
        assert!(!version(&other).is_desired());
        assert!(version(&other).rejections().is_empty());
    }
}
