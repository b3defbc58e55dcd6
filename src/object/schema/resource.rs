//! The built-in resources as their published paths tell them.

use crate::object::Gvk;

/// One built-in resource; short names, singular and categories are not published and thus not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Group, version and kind of its objects.
    pub gvk: Gvk,
    /// Name in paths, such as `configmaps`.
    pub plural: &'static str,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Verbs in the order of discovery: create, delete, deletecollection, get, list, patch, update, watch.
    pub verbs: Vec<&'static str>,
    /// Subresources such as `status` and `scale`, sorted, each with its kind and verbs.
    pub subresources: Vec<SubResource>,
}

/// A subresource of a built-in resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubResource {
    /// Its name in paths, such as `status`.
    pub name: &'static str,
    /// The kind of what it takes and gives, such as `autoscaling/v1 Scale`.
    pub gvk: Gvk,
    /// Verbs, sorted.
    pub verbs: Vec<&'static str>,
}

/// All built-in resources, sorted by group, version and plural name.
pub fn built_ins() -> &'static [BuiltIn] {
    &[]
}
