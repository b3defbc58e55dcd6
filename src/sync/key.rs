//! How an object is told apart: group, kind, namespace and name; never the version.

use std::fmt;

use crate::object::Object;

/// Names one object of an application, whatever its version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// API group, empty for the core API.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace, empty for objects of the whole cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Key {
    /// The key of an object as it stands.
    pub fn of(object: &Object) -> Self {
        Self {
            group: object.gvk().group,
            kind: object.kind().to_owned(),
            namespace: object.namespace().unwrap_or_default().to_owned(),
            name: object.name().to_owned(),
        }
    }

    /// `group/Kind/name`, as messages of upstream name an object.
    pub fn short(&self) -> String {
        format!("{}/{}/{}", self.group, self.kind, self.name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            group,
            kind,
            namespace,
            name,
        } = self;
        write!(f, "{group}/{kind}/{namespace}/{name}")
    }
}
