//! All resources known at one moment.

use std::{collections::BTreeMap, sync::Arc};

use super::{built_in, definition, resource::Resource};
use crate::object::{Gvk, Object};

/// All resources known now. A new value is made for each change, so that requests see a consistent one.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    built_in: Arc<Index>,
    /// Resources of definitions by the name of the definition, which no two share.
    custom: BTreeMap<String, Vec<Arc<Resource>>>,
    custom_index: Index,
}

/// Resources in the order of discovery, with the ways to find one.
#[derive(Clone, Debug, Default)]
struct Index {
    resources: Vec<Arc<Resource>>,
    by_path: BTreeMap<[String; 3], Arc<Resource>>,
    by_kind: BTreeMap<Gvk, Arc<Resource>>,
}

impl Index {
    fn new(resources: Vec<Arc<Resource>>) -> Self {
        let path = |r: &Resource| [r.gvk.group.clone(), r.gvk.version.clone(), r.plural.clone()];
        Self {
            by_path: resources.iter().map(|r| (path(r), r.clone())).collect(),
            by_kind: resources
                .iter()
                .map(|r| (r.gvk.clone(), r.clone()))
                .collect(),
            resources,
        }
    }
}

impl Registry {
    /// The resources of an API server without any definition.
    pub fn built_in() -> Self {
        Self {
            built_in: Arc::new(Index::new(built_in::resources())),
            custom: BTreeMap::new(),
            custom_index: Index::default(),
        }
    }

    /// The resource at a path, by group, version and plural name.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        let path = [group.to_owned(), version.to_owned(), plural.to_owned()];
        self.built_in
            .by_path
            .get(&path)
            .or_else(|| self.custom_index.by_path.get(&path))
            .cloned()
    }

    /// The resource whose objects have this kind.
    pub fn of_kind(&self, gvk: &Gvk) -> Option<Arc<Resource>> {
        self.built_in
            .by_kind
            .get(gvk)
            .or_else(|| self.custom_index.by_kind.get(gvk))
            .cloned()
    }

    /// All resources in the order of discovery: built-in groups first, each version of a group
    /// after the one preferred to it, groups of definitions sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.built_in
            .resources
            .iter()
            .chain(&self.custom_index.resources)
    }

    /// The registry with the served versions of an accepted custom resource definition added or renewed.
    ///
    /// A definition whose schema cannot be read adds nothing: [`crate::sandbox::crd::accept`] refuses
    /// it before it is stored.
    #[must_use]
    pub fn with_definition(&self, definition: &Object) -> Self {
        let mut custom = self.custom.clone();
        custom.insert(
            definition.name().to_owned(),
            definition::resources(definition),
        );
        self.with_custom(custom)
    }

    /// The registry without the resources of a custom resource definition.
    #[must_use]
    pub fn without_definition(&self, definition: &Object) -> Self {
        let mut custom = self.custom.clone();
        custom.remove(definition.name());
        self.with_custom(custom)
    }

    fn with_custom(&self, custom: BTreeMap<String, Vec<Arc<Resource>>>) -> Self {
        let mut resources: Vec<Arc<Resource>> = custom.values().flatten().cloned().collect();
        resources.sort_by(|a, b| {
            (&a.gvk.group, version_rank(&a.gvk.version), &a.plural).cmp(&(
                &b.gvk.group,
                version_rank(&b.gvk.version),
                &b.plural,
            ))
        });
        Self {
            built_in: self.built_in.clone(),
            custom,
            custom_index: Index::new(resources),
        }
    }
}

/// Orders versions as Kubernetes prefers them: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then
/// all other names by alphabet (`k8s.io/apimachinery/pkg/version`).
pub(super) fn version_rank(version: &str) -> (u8, i64, i64, String) {
    let numbered = || {
        let rest = version.strip_prefix('v')?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (major, rest) = rest.split_at(end);
        let (stage, minor) = match rest {
            "" => (0, "0"),
            _ => match rest.strip_prefix("beta") {
                Some(minor) => (1, minor),
                None => (2, rest.strip_prefix("alpha")?),
            },
        };
        let number = |text: &str| {
            (!text.starts_with('+'))
                .then(|| text.parse::<i64>().ok())
                .flatten()
        };
        Some((stage, -number(major)?, -number(minor)?, String::new()))
    };
    numbered().unwrap_or_else(|| (3, 0, 0, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_path_and_by_kind() {
        let registry = Registry::built_in();
        let deployments = registry.find("apps", "v1", "deployments").unwrap();
        assert_eq!(deployments.singular, "deployment");
        assert!(deployments.scale.is_some() && deployments.has_status);
        let event = registry
            .of_kind(&Gvk::new("events.k8s.io", "v1", "Event"))
            .unwrap();
        assert_eq!(event.storage, Gvk::new("", "v1", "Event"));
        assert!(registry.find("apps", "v2", "deployments").is_none());
    }

    #[test]
    fn versions_are_ordered_by_stability() {
        let mut versions = [
            "foo1", "v1alpha1", "v10", "v2", "v1beta1", "v1", "v11beta2", "bar",
        ];
        versions.sort_by_key(|version| version_rank(version));
        assert_eq!(
            versions,
            [
                "v10", "v2", "v1", "v11beta2", "v1beta1", "v1alpha1", "bar", "foo1"
            ]
        );
    }
}
