//! What a resource is called: group, version, kind, name, namespace (kustomize's `resid`).

use std::fmt;

use crate::object::Gvk;

/// The namespace of what stands outside of all, in messages and comparisons.
pub(super) const NO_NAMESPACE: &str = "_non_namespaceable_";

/// The name of a resource within one build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// The name.
    pub name: String,
    /// The namespace as written, empty when absent.
    pub namespace: String,
    /// Whether the kind is known to be cluster-scoped.
    pub is_cluster_scoped: bool,
}

impl Id {
    /// The namespace that counts in comparisons: absent is `default`.
    pub fn effective_namespace(&self) -> &str {
        if self.is_cluster_scoped {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    /// The same name, for comparisons.
    #[must_use]
    pub fn normalized(&self) -> Self {
        Self {
            namespace: self.effective_namespace().to_owned(),
            ..self.clone()
        }
    }

    /// Whether both are the same resource.
    pub fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.gvk == other.gvk
            && self.effective_namespace() == other.effective_namespace()
    }

    /// Whether group, version and kind are among those asked for; what is empty takes any.
    pub fn is_selected(&self, group: &str, version: &str, kind: &str) -> bool {
        let takes = |asked: &str, own: &str| asked.is_empty() || asked == own;
        takes(kind, &self.gvk.kind)
            && takes(group, &self.gvk.group)
            && takes(version, &self.gvk.version)
    }
}

/// Group, version and kind as kustomize prints them.
pub(super) fn gvk_text(gvk: &Gvk) -> String {
    let or = |text: &str, absent: &'static str| {
        if text.is_empty() {
            absent.to_owned()
        } else {
            text.to_owned()
        }
    };
    format!(
        "{}.{}.{}",
        or(&gvk.kind, "[noKind]"),
        or(&gvk.version, "[noVer]"),
        or(&gvk.group, "[noGrp]")
    )
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &str, absent: &'static str| {
            if text.is_empty() {
                absent.to_owned()
            } else {
                text.to_owned()
            }
        };
        write!(
            f,
            "{}/{}.{}",
            gvk_text(&self.gvk),
            or(&self.name, "[noName]"),
            or(&self.namespace, "[noNs]")
        )
    }
}
