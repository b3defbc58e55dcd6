//! Where an object is kept.

use std::fmt;

/// A resource whatever its version: all versions of it share their objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupResource {
    /// API group, empty for the core API.
    pub group: String,
    /// Name in paths, such as `configmaps`.
    pub plural: String,
}

impl GroupResource {
    /// Names a resource.
    pub fn new(group: impl Into<String>, plural: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            plural: plural.into(),
        }
    }

    /// Whether it is this resource.
    pub fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }
}

impl fmt::Display for GroupResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.plural)
        } else {
            write!(f, "{}.{}", self.plural, self.group)
        }
    }
}

/// Namespace (empty for kinds of the whole cluster) and name; sorts as a cluster lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Namespace, or empty.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Place {
    /// Names a place.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// One object of the server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it is.
    pub resource: GroupResource,
    /// Where it is.
    pub place: Place,
}

impl Key {
    /// Names an object.
    pub fn new(resource: GroupResource, place: Place) -> Self {
        Self { resource, place }
    }
}
