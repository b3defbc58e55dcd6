//! How an object is named: group, version, kind, and the place in the cluster.

use std::fmt;

/// Group, version and kind of an object; the group of the core API is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvk {
    /// API group, empty for the core API.
    pub group: String,
    /// API version, such as `v1`.
    pub version: String,
    /// Kind in its own spelling, such as `ConfigMap`.
    pub kind: String,
}

impl Gvk {
    /// Names a kind by its parts.
    pub fn new(
        group: impl Into<String>,
        version: impl Into<String>,
        kind: impl Into<String>,
    ) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
        }
    }

    /// Names a kind by the `apiVersion` and `kind` of a manifest.
    pub fn from_api_version(api_version: &str, kind: &str) -> Self {
        match api_version.split_once('/') {
            Some((group, version)) => Self::new(group, version, kind),
            None => Self::new("", api_version, kind),
        }
    }

    /// The `apiVersion` of a manifest of this kind.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

/// Names one object of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// Namespace, absent for kinds of the whole cluster.
    pub namespace: Option<String>,
    /// Name within the namespace.
    pub name: String,
}

impl ObjectRef {
    /// Names an object by its parts.
    pub fn new(gvk: Gvk, namespace: Option<&str>, name: impl Into<String>) -> Self {
        Self {
            gvk,
            namespace: namespace.map(str::to_owned),
            name: name.into(),
        }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.gvk.kind, self.name),
            None => write!(f, "{} {}", self.gvk.kind, self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_version_goes_both_ways() {
        for (api_version, group) in [("v1", ""), ("apps/v1", "apps")] {
            let gvk = Gvk::from_api_version(api_version, "Kind");
            assert_eq!(gvk.group, group);
            assert_eq!(gvk.api_version(), api_version);
        }
    }
}
