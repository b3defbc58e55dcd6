//! The built-in resources as their published paths tell them.

use std::sync::LazyLock;

use super::table::empty_if_dash;
use crate::object::Gvk;

const RESOURCES: &str = include_str!("resources.txt");

/// One built-in resource; short names, singular and categories are not published and thus not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Group, version and kind of its objects.
    pub gvk: Gvk,
    /// Name in paths, such as `configmaps`.
    pub plural: &'static str,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Verbs, sorted: create, delete, deletecollection, get, list, patch, update, watch.
    pub verbs: Vec<&'static str>,
    /// Subresources such as `status` and `scale`, sorted by name.
    pub subresources: Vec<SubResource>,
}

impl BuiltIn {
    /// One subresource.
    pub fn subresource(&self, name: &str) -> Option<&SubResource> {
        self.subresources.iter().find(|one| one.name == name)
    }
}

/// A subresource of a built-in resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubResource {
    /// Its name in paths, such as `status`.
    pub name: &'static str,
    /// The kind that discovery names for it, such as `autoscaling/v1 Scale`.
    pub gvk: Gvk,
    /// Verbs, sorted.
    pub verbs: Vec<&'static str>,
}

static ALL: LazyLock<Vec<BuiltIn>> = LazyLock::new(|| {
    let mut all: Vec<BuiltIn> = Vec::new();
    for line in RESOURCES.lines().filter(|line| !line.starts_with('#')) {
        if let Some(below) = line.strip_prefix('\t') {
            if let Some((sub, owner)) = parse_subresource(below).zip(all.last_mut()) {
                owner.subresources.push(sub);
            }
        } else {
            all.extend(parse_resource(line));
        }
    }
    all
});

/// All built-in resources, sorted by group, version and plural name; the core group comes first.
pub fn built_ins() -> &'static [BuiltIn] {
    &ALL
}

fn parse_resource(line: &'static str) -> Option<BuiltIn> {
    let mut words = line.split(' ');
    let (group, version, plural) = (words.next()?, words.next()?, words.next()?);
    let (kind, scope, verbs) = (words.next()?, words.next()?, words.next()?);
    Some(BuiltIn {
        gvk: Gvk::new(empty_if_dash(group), version, kind),
        plural,
        namespaced: scope == "namespaced",
        verbs: verbs.split(',').collect(),
        subresources: Vec::new(),
    })
}

fn parse_subresource(line: &'static str) -> Option<SubResource> {
    let mut words = line.split(' ');
    let (name, group) = (words.next()?, words.next()?);
    let (version, kind, verbs) = (words.next()?, words.next()?, words.next()?);
    Some(SubResource {
        name,
        gvk: Gvk::new(empty_if_dash(group), version, kind),
        verbs: verbs.split(',').collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::schema::Schema;

    #[test]
    fn every_line_is_read() {
        let read: usize = built_ins()
            .iter()
            .map(|one| 1 + one.subresources.len())
            .sum();
        let written = RESOURCES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count();
        assert_eq!(read, written);
        assert!(built_ins().is_sorted_by_key(|one| (&one.gvk.group, &one.gvk.version, one.plural)));
    }

    #[test]
    fn every_kind_has_a_schema() {
        for one in built_ins() {
            assert!(Schema::of(&one.gvk).is_some(), "{}", one.gvk);
        }
    }

    #[test]
    fn knows_scopes_verbs_and_subresources() {
        let find = |plural: &str| built_ins().iter().find(|one| one.plural == plural).unwrap();
        assert!(find("configmaps").namespaced);
        assert!(!find("namespaces").namespaced);
        assert_eq!(find("bindings").verbs, ["create"]);
        let deployments = find("deployments");
        assert_eq!(deployments.gvk, Gvk::new("apps", "v1", "Deployment"));
        let scale = deployments.subresource("scale").unwrap();
        assert_eq!(scale.gvk, Gvk::new("autoscaling", "v1", "Scale"));
        assert_eq!(scale.verbs, ["get", "patch", "update"]);
        assert_eq!(
            find("pods").subresource("eviction").unwrap().gvk,
            Gvk::new("policy", "v1", "Eviction")
        );
        assert_eq!(find("configmaps").subresource("status"), None);
    }
}
