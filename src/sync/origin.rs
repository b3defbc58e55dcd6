//! Where manifests come from: the sources as they are written, each with the commit that was read of it.

use serde_json::Value;

use super::operation::SyncResult;

/// The sources of one render.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// Whether the application has `sources` and not `source`: every status field is then plural.
    pub is_plural: bool,
    /// The sources, as they are written.
    pub sources: Vec<Value>,
    /// The full id of the commit of each.
    pub revisions: Vec<String>,
}

impl Origin {
    /// One source at one commit.
    pub fn one(source: Value, revision: impl Into<String>) -> Self {
        Self {
            is_plural: false,
            sources: vec![source],
            revisions: vec![revision.into()],
        }
    }

    /// The commit of the first source.
    pub fn revision(&self) -> &str {
        self.revisions.first().map_or("", String::as_str)
    }

    /// All commits, for people.
    pub fn shown(&self) -> String {
        self.revisions.join(", ")
    }

    /// What a sync has applied.
    pub fn of(result: &SyncResult) -> Self {
        if result.sources.is_empty() {
            return Self::one(result.source.clone(), result.revision.clone());
        }
        Self {
            is_plural: true,
            sources: result.sources.clone(),
            revisions: result.revisions.clone(),
        }
    }

    /// Notes it as what a sync applies.
    pub fn note(&self, result: &mut SyncResult) {
        if self.is_plural {
            result.sources.clone_from(&self.sources);
            result.revisions.clone_from(&self.revisions);
        } else {
            result.source = self.sources.first().cloned().unwrap_or_default();
            self.revision().clone_into(&mut result.revision);
        }
    }
}
