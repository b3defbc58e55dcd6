//! How the resources differ in being written: one table of facts from the `strategy.go` files of
//! Kubernetes (`pkg/registry`).

use super::registry::Resource;

/// What makes `metadata.generation` grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// It is not kept.
    None,
    /// Every change outside `metadata` and `status`.
    Spec,
    /// Every change outside `metadata`.
    Content,
}

/// How a name must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// RFC 1123 subdomain.
    Subdomain,
    /// RFC 1123 label.
    Label,
    /// Anything that can be one segment of a path.
    PathSegment,
}

/// How one resource is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strategy {
    /// What makes the generation grow.
    pub generation: Generation,
    /// How names look.
    pub name: NameRule,
    /// Whether an update of what is not there makes it.
    pub creates_on_update: bool,
    /// Whether an update without a version overwrites whatever is there.
    pub updates_unconditionally: bool,
    /// Whether a finished deletion answers with the object (otherwise with a Status).
    pub returns_deleted: bool,
    /// Whether dependents are left alone when a deletion says nothing of them.
    pub orphans_by_default: bool,
}

const PLAIN: Strategy = Strategy {
    generation: Generation::None,
    name: NameRule::Subdomain,
    creates_on_update: false,
    updates_unconditionally: true,
    returns_deleted: false,
    orphans_by_default: false,
};
const CUSTOM: Strategy = Strategy {
    updates_unconditionally: false,
    ..PLAIN
};
const SPEC: Strategy = Strategy {
    generation: Generation::Spec,
    ..PLAIN
};
const CONTENT: Strategy = Strategy {
    generation: Generation::Content,
    ..PLAIN
};
const UPSERT: Strategy = Strategy {
    creates_on_update: true,
    ..PLAIN
};
const UPSERT_GUARDED: Strategy = Strategy {
    creates_on_update: true,
    updates_unconditionally: false,
    ..PLAIN
};
const GUARDED: Strategy = Strategy {
    updates_unconditionally: false,
    ..PLAIN
};
const RETURNED: Strategy = Strategy {
    returns_deleted: true,
    ..PLAIN
};
const ROLE: Strategy = Strategy {
    name: NameRule::PathSegment,
    ..UPSERT
};

/// Group, plural, strategy; what is not here is [`PLAIN`].
const TABLE: &[(&str, &str, Strategy)] = &[
    ("", "endpoints", UPSERT),
    ("", "events", UPSERT),
    ("", "limitranges", UPSERT),
    (
        "",
        "namespaces",
        Strategy {
            name: NameRule::Label,
            ..RETURNED
        },
    ),
    ("", "persistentvolumeclaims", RETURNED),
    ("", "persistentvolumes", RETURNED),
    (
        "",
        "pods",
        Strategy {
            generation: Generation::Spec,
            ..RETURNED
        },
    ),
    (
        "",
        "podtemplates",
        Strategy {
            generation: Generation::Content,
            ..RETURNED
        },
    ),
    (
        "",
        "replicationcontrollers",
        Strategy {
            orphans_by_default: true,
            ..SPEC
        },
    ),
    ("", "resourcequotas", RETURNED),
    ("", "serviceaccounts", RETURNED),
    (
        "",
        "services",
        Strategy {
            name: NameRule::Label,
            creates_on_update: true,
            ..RETURNED
        },
    ),
    ("apps", "daemonsets", SPEC),
    ("apps", "deployments", SPEC),
    ("apps", "replicasets", SPEC),
    ("apps", "statefulsets", SPEC),
    ("autoscaling", "horizontalpodautoscalers", SPEC),
    ("batch", "cronjobs", SPEC),
    (
        "batch",
        "jobs",
        Strategy {
            orphans_by_default: true,
            ..SPEC
        },
    ),
    ("coordination.k8s.io", "leases", UPSERT_GUARDED),
    (
        "discovery.k8s.io",
        "endpointslices",
        Strategy {
            generation: Generation::Content,
            ..PLAIN
        },
    ),
    ("networking.k8s.io", "ingresses", SPEC),
    ("networking.k8s.io", "ingressclasses", SPEC),
    ("networking.k8s.io", "networkpolicies", SPEC),
    (
        "policy",
        "poddisruptionbudgets",
        Strategy {
            updates_unconditionally: false,
            ..SPEC
        },
    ),
    ("rbac.authorization.k8s.io", "roles", ROLE),
    ("rbac.authorization.k8s.io", "rolebindings", ROLE),
    ("rbac.authorization.k8s.io", "clusterroles", ROLE),
    ("rbac.authorization.k8s.io", "clusterrolebindings", ROLE),
    ("scheduling.k8s.io", "priorityclasses", CONTENT),
    ("storage.k8s.io", "csidrivers", RETURNED),
    ("storage.k8s.io", "csinodes", RETURNED),
    ("storage.k8s.io", "storageclasses", RETURNED),
    ("storage.k8s.io", "volumeattachments", RETURNED),
    (
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        Strategy {
            updates_unconditionally: false,
            ..CONTENT
        },
    ),
    (
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        Strategy {
            updates_unconditionally: false,
            ..CONTENT
        },
    ),
    (
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        Strategy {
            updates_unconditionally: false,
            ..SPEC
        },
    ),
    ("apiregistration.k8s.io", "apiservices", GUARDED),
];

/// How a resource is written.
pub fn of(resource: &Resource) -> Strategy {
    if resource.custom {
        let generation = if resource.has_status {
            Generation::Spec
        } else {
            Generation::Content
        };
        return Strategy {
            generation,
            ..CUSTOM
        };
    }
    TABLE
        .iter()
        .find(|(group, plural, _)| *group == resource.storage.group && *plural == resource.plural)
        .map_or(PLAIN, |(_, _, strategy)| *strategy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::registry::Registry;

    #[test]
    fn every_row_names_a_resource() {
        let registry = Registry::built_in();
        for (group, plural, _) in TABLE {
            assert!(
                registry
                    .iter()
                    .any(|resource| resource.gvk.group == *group && resource.plural == *plural),
                "{plural}.{group}"
            );
        }
    }
}
