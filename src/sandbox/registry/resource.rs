//! One resource, with all that the server must know to serve it.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    object::{Gvk, schema::Schema},
    sandbox::crd::Structural,
};

/// One resource as discovery names it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Group, version and kind of its objects.
    pub gvk: Gvk,
    /// Name in paths, such as `configmaps`.
    pub plural: String,
    /// Singular name, such as `configmap`.
    pub singular: String,
    /// Kind of a list of its objects, such as `ConfigMapList`.
    pub list_kind: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Short names for the command line.
    pub short_names: Vec<String>,
    /// Categories such as `all`.
    pub categories: Vec<String>,
    /// Verbs that discovery offers, sorted.
    pub verbs: Vec<String>,
    /// What is served below one object, sorted by name.
    pub subresources: Vec<Subresource>,
    /// Whether writes to the object leave `status` alone and `/status` writes it alone.
    pub has_status: bool,
    /// Where `/scale` reads and writes, if the resource has it.
    pub scale: Option<ScalePaths>,
    /// Field knowledge for merging and validation.
    pub schema: Option<Schema>,
    /// Whether it comes from a custom resource definition (then `structural` prunes and defaults).
    pub custom: bool,
    /// The structural schema of a custom resource.
    pub structural: Option<Arc<Structural>>,
    /// The same schema as written, for OpenAPI.
    pub open_api: Option<Arc<Value>>,
    /// Columns that a custom resource definition asks for.
    pub columns: Vec<PrinterColumn>,
    /// Group, version and kind in which the objects are kept: the same for all versions of a
    /// resource, and for `events` of both groups..
    pub storage: Gvk,
    /// What a client is warned of when it uses a deprecated version.
    pub deprecation: Option<String>,
}

/// A path below an object, such as `pods/NAME/eviction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subresource {
    /// Last part of the path, such as `status`.
    pub name: String,
    /// What is sent to it.
    pub gvk: Gvk,
    /// Verbs that discovery offers, sorted.
    pub verbs: Vec<String>,
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

/// One of a definition's `additionalPrinterColumns`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrinterColumn {
    /// Heading.
    pub name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub kind: String,
    /// OpenAPI format, often empty.
    pub format: String,
    /// Shown by `describe` of a table.
    pub description: String,
    /// Columns above 0 are shown with `-o wide` only.
    pub priority: i64,
    /// Where the value stands, such as `.status.conditions[0].message`.
    pub json_path: String,
}

impl Resource {
    /// Whether objects of it are kept; reviews are only answered.
    pub fn is_stored(&self) -> bool {
        self.verbs.iter().any(|verb| verb == "get")
    }

    /// The subresource of a name, if it is served.
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|sub| sub.name == name)
    }
}
